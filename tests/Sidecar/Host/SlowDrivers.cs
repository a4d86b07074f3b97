using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.Host;

/// <summary>A state store whose only interest is its life cycle.</summary>
internal abstract class LifeCycleStateStore : IStateStore
{
    public StateCapabilities Capabilities => StateCapabilities.Etag;

    public int Disposals { get; private set; }

    public virtual Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken) => Task.FromResult<StateItem?>(null);

    public Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StateItem>>([]);

    public Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken) => Task.CompletedTask;

    public IAsyncEnumerable<string> ListKeysAsync(string prefix, CancellationToken cancellationToken) => AsyncEnumerable.Empty<string>();

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return ValueTask.CompletedTask;
    }
}

internal sealed class BrokenStateStore : LifeCycleStateStore
{
    public override Task InitAsync(CancellationToken cancellationToken) =>
        throw new ComponentException(ComponentFault.Failed, "cannot connect");
}

/// <summary>Never ready, and deaf to its cancellation token.</summary>
internal sealed class SlowStateStore : LifeCycleStateStore
{
    public override Task InitAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task;
}

/// <summary>Holds a read until the test opens the gate.</summary>
internal sealed class GatedStateStore : LifeCycleStateStore
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Entered => _entered.Task;

    public void Open() => _gate.TrySetResult();

    public override async Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken)
    {
        _entered.TrySetResult();
        await _gate.Task.WaitAsync(cancellationToken);
        return null;
    }
}
