using DaprShop.Tests.Simulation.Bugs;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>Whoever answers requests under a name.</summary>
internal interface IPeer
{
    /// <summary>Calls back from outside every process, once, or never.</summary>
    /// <param name="done">Null: the connection broke.</param>
    void Serve(Request request, Action<Response?> done);
}

/// <summary>Requests on their way: lost, late, twice, without an answer. A name may have several replicas, of which chance picks one.</summary>
internal sealed class Network(World world, Faults faults, PlantedBug bug)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Func<IPeer?>> _peers = new(StringComparer.Ordinal);

    /// <param name="pick">Null: nobody listens.</param>
    public void Listen(string name, Func<IPeer?> pick) => _peers[name] = pick;

    /// <summary>As <see cref="Send"/>, for code of a process.</summary>
    public Task<Response?> SendAsync(string to, Dependency dependency, Request request, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<Response?>();
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() => world.After(TimeSpan.Zero, () => answer.TrySetCanceled(cancellationToken)));
        }

        Send(to, dependency, request, response => answer.TrySetResult(response));
        return answer.Task;
    }

    /// <param name="done">Called once, from outside every process. Null: no answer, whatever happened.</param>
    public void Send(string to, Dependency dependency, Request request, Action<Response?> done)
    {
        world.Note("send", $"{to} {request.Method} {request.Path}");
        var isOpen = true;
        void Answer(Response? response)
        {
            if (isOpen)
            {
                isOpen = false;
                world.Note("answer", $"{to} {request.Path} {response?.Status ?? 0}");
                done(response);
            }
        }

        switch (faults.Of(dependency))
        {
            case Fate.Refused:
                world.After(faults.Latency(), () => Answer(faults.In(0.5) ? null : Response.Empty(503)));
                return;
            case Fate.AnswerLost:
                world.After(faults.Latency(), () => Reach(to, request, _ => Answer(null)));
                break;
            case Fate.Hangs:
                world.After(faults.Lateness(), () => Reach(to, request, _ => { }));
                break;
            case Fate.Twice:
                world.After(faults.Latency(), () => Reach(to, request, Answer));
                world.After(faults.Latency() * 20, () => Reach(to, request, Answer));
                break;
            default:
                world.After(faults.Latency(), () => Reach(to, request, Answer));
                break;
        }

        world.After(Patience, () => Answer(null));
    }

    private void Reach(string to, Request request, Action<Response?> answer)
    {
        Func<Response?, Response?>? misread = null;
        void Back(Response? response) => world.After(faults.Latency(), () => answer(misread is null ? response : misread(response)));

        if (bug.OnRequest(world, to, request) is { } detour)
        {
            if (detour.Answer is { } instead)
            {
                Back(instead);
                return;
            }

            request = detour.Request ?? request;
            misread = detour.Misread;
        }

        if (_peers[to]() is { } peer)
        {
            peer.Serve(request, Back);
        }
        else
        {
            Back(Response.Empty(502));
        }
    }
}
