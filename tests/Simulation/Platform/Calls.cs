using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>Calls of a process to its sidecar that take effect at one moment, such as a read or a swap: they may be lost on either way.</summary>
internal sealed class Calls(World world, Faults faults)
{
    /// <summary>The sidecar gives up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="apply">What the call does, and what it answers. It is on nobody's stack but the world's.</param>
    /// <param name="failure">What the caller gets when there is no answer.</param>
    public Task<T> MakeAsync<T>(Dependency dependency, Func<T> apply, Func<Exception> failure, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>();
        if (cancellationToken.CanBeCanceled)
        {
            // Whoever cancels is on the stack of some process; the answer comes from outside.
            cancellationToken.Register(() => world.After(TimeSpan.Zero, () => answer.TrySetCanceled(cancellationToken)));
        }

        switch (faults.Of(dependency))
        {
            case Fate.Refused:
                world.After(faults.Latency(), () => answer.TrySetException(failure()));
                break;
            case Fate.AnswerLost:
                world.After(faults.Latency(), () =>
                {
                    Try(apply);
                    world.After(faults.Latency(), () => answer.TrySetException(failure()));
                });
                break;
            case Fate.Hangs:
                world.After(faults.Lateness(), () => Try(apply));
                world.After(Patience, () => answer.TrySetException(failure()));
                break;
            case Fate.Twice:
                // A client that re-sends what it believes lost: the answer is that of the second.
                world.After(faults.Latency(), () =>
                {
                    Try(apply);
                    world.After(faults.Latency(), () => Answer(answer, apply));
                });
                break;
            default:
                world.After(faults.Latency(), () => Answer(answer, apply));
                break;
        }

        return answer.Task;
    }

    private void Answer<T>(TaskCompletionSource<T> answer, Func<T> apply)
    {
        T result;
        try
        {
            result = apply();
        }
#pragma warning disable CA1031 // The answer of the dependency is an error; the caller gets it.
        catch (Exception refusal)
#pragma warning restore CA1031
        {
            world.After(faults.Latency(), () => answer.TrySetException(refusal));
            return;
        }

        world.After(faults.Latency(), () => answer.TrySetResult(result));
    }

    private static void Try<T>(Func<T> apply)
    {
        try
        {
            apply();
        }
#pragma warning disable CA1031 // Nobody hears the answer.
        catch (Exception)
#pragma warning restore CA1031
        {
            return;
        }
    }
}
