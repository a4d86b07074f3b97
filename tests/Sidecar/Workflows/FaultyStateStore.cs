using System.Runtime.CompilerServices;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Components.State.InMemory;

namespace DaprShop.Tests.Workflows;

internal enum WriteFault
{
    None,

    /// <summary>The write takes effect, its answer is lost.</summary>
    LostAnswer,

    /// <summary>The write takes effect and answers 409, as when a store's client sends it twice.</summary>
    FalseMismatch,

    /// <summary>The write does not take effect.</summary>
    Refused,
}

/// <summary>
/// A state store with the faults that the commit rules are about. What it holds outlives it: several may share one
/// memory, as processes that follow each other share a database.
/// </summary>
internal sealed class FaultyStateStore(IStateStore memory) : IStateStore
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;

    public FaultyStateStore()
        : this(new InMemoryStateStore(TimeProvider.System))
    {
    }

    public StateCapabilities Capabilities => memory.Capabilities;

    /// <summary>What happens to the write with this number, counted from 0.</summary>
    public Func<int, WriteFault> FaultOf { get; set; } = _ => WriteFault.None;

    public int FailingReads { get; set; }

    /// <summary>False: a store that does not answer the ETag of a write.</summary>
    public bool TellsEtags { get; set; } = true;

    /// <summary>This many writes take effect; then the process is dead: the last answer and all later ones never come.</summary>
    public int? DiesAfterWrites { get; set; }

    public Task Died => _cut.Task;

    public List<string> WrittenKeys { get; } = [];

    public int Reads { get; private set; }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken)
    {
        await OnReadAsync(cancellationToken);
        return await memory.GetAsync(key, cancellationToken);
    }

    public async Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        await OnReadAsync(cancellationToken);
        return await memory.GetManyAsync(keys, cancellationToken);
    }

    public async IAsyncEnumerable<string> ListKeysAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await OnReadAsync(cancellationToken);
        await foreach (var key in memory.ListKeysAsync(prefix, cancellationToken))
        {
            yield return key;
        }
    }

    public async Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken) =>
        await WriteAsync(operation.Key, () => memory.ApplyAsync(operation, cancellationToken), cancellationToken);

    public async Task<string?> SetAsync(StateSet operation, CancellationToken cancellationToken)
    {
        string? etag = null;
        await WriteAsync(operation.Key, async () => etag = await memory.SetAsync(operation, cancellationToken), cancellationToken);
        return TellsEtags ? etag : null;
    }

    public Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WriteAsync(string key, Func<Task> write, CancellationToken cancellationToken)
    {
        int number;
        lock (_gate)
        {
            number = _writes++;
            WrittenKeys.Add(key);
        }

        if (number >= DiesAfterWrites)
        {
            await DieAsync(cancellationToken);
        }

        var fault = FaultOf(number);
        if (fault == WriteFault.Refused)
        {
            throw new ComponentException(ComponentFault.Failed, "refused");
        }

        await write();
        if (number + 1 == DiesAfterWrites)
        {
            await DieAsync(cancellationToken);
        }

        if (fault != WriteFault.None)
        {
            throw new ComponentException(
                fault == WriteFault.FalseMismatch ? ComponentFault.EtagMismatch : ComponentFault.Failed, fault.ToString());
        }
    }

    private async Task OnReadAsync(CancellationToken cancellationToken)
    {
        if (_writes >= DiesAfterWrites && _cut.Task.IsCompleted)
        {
            await DieAsync(cancellationToken);
        }

        lock (_gate)
        {
            Reads++;
            if (FailingReads > 0)
            {
                FailingReads--;
                throw new ComponentException(ComponentFault.Failed, "read failed");
            }
        }
    }

    private async Task DieAsync(CancellationToken cancellationToken)
    {
        _cut.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
