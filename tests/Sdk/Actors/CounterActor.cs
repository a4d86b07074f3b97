using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace DaprShop.Tests.Actors;

public interface ICounter : IActor
{
    Task<int> Add(int amount);

    Task<int> Value(CancellationToken cancellationToken);

    Task<Sum> Combine(int first, string second, Sum third, CancellationToken cancellationToken);

    Task Fail(string message);

    Task<int> AddThenFail(int amount);

    Task<int> AddByWayOf(string otherId);

    Task Remind(int seconds, int period);

    Task Tick();
}

public sealed record Sum(int Number, string Text);

/// <summary>What the actors of a test did, in order.</summary>
public sealed class Diary
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Write(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}

[Actor(TypeName = "Counter")]
internal sealed class CounterActor(ActorHost host, Diary diary) : Actor(host), ICounter, IRemindable, IAsyncDisposable
{
    private const string Total = "total";

    public Task<int> Add(int amount) => StateManager.AddOrUpdateStateAsync(Total, amount, (_, total) => total + amount);

    public Task<int> Value(CancellationToken cancellationToken) => StateManager.GetOrAddStateAsync(Total, 0, cancellationToken);

    public Task<Sum> Combine(int first, string second, Sum third, CancellationToken cancellationToken) =>
        Task.FromResult(new Sum(first + third.Number, second + third.Text));

    public Task Fail(string message) => throw new InvalidOperationException(message);

    public async Task<int> AddThenFail(int amount)
    {
        await Add(amount);
        throw new InvalidOperationException("after adding");
    }

    public async Task<int> AddByWayOf(string otherId)
    {
        await Add(1);
        return await ProxyFactory.CreateActorProxy<ICounter>(new ActorId(otherId), "Counter").Add(1);
    }

    public Task Remind(int seconds, int period) =>
        RegisterReminderAsync("later", "abc"u8.ToArray(), TimeSpan.FromSeconds(seconds), TimeSpan.FromMilliseconds(period));

    public Task Tick() => RegisterTimerAsync("tick", nameof(OnTickAsync), "xyz"u8.ToArray(), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(90));

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        diary.Write($"reminder {reminderName} {Convert.ToBase64String(state)} {dueTime.TotalSeconds} {period.TotalMilliseconds}");
        await Add(10);
    }

    public ValueTask DisposeAsync()
    {
        diary.Write("disposed");
        return ValueTask.CompletedTask;
    }

    protected override Task OnActivateAsync()
    {
        diary.Write($"activated {Id}");
        return Task.CompletedTask;
    }

    protected override async Task OnDeactivateAsync()
    {
        diary.Write("deactivated");
        await Add(1000);
    }

    protected override Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext)
    {
        diary.Write($"before {actorMethodContext.CallType} {actorMethodContext.MethodName}");
        return Task.CompletedTask;
    }

    protected override Task OnPostActorMethodAsync(ActorMethodContext actorMethodContext)
    {
        diary.Write($"after {actorMethodContext.MethodName}");
        return Task.CompletedTask;
    }

    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        diary.Write($"failed {actorMethodContext.MethodName}: {e.Message}");
        return Task.CompletedTask;
    }

    private async Task<bool> OnTickAsync(byte[] data)
    {
        diary.Write($"tick {System.Text.Encoding.UTF8.GetString(data)}");
        await Add(100);
        return true;
    }
}
