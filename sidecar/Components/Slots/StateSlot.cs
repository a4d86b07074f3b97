using System.Runtime.CompilerServices;
using Sidecar.Components.State;

namespace Sidecar.Components.Slots;

internal sealed class StateSlot(string name, IStateStore first) : ComponentSlot<IStateStore>(name, first), IStateStore
{
    public StateCapabilities Capabilities => Current.Capabilities;

    public Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken) => UseAsync(store => store.GetAsync(key, cancellationToken));

    public Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        UseAsync(store => store.GetManyAsync(keys, cancellationToken));

    public Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken) =>
        UseAsync(store => store.ApplyAsync(operation, cancellationToken));

    public Task<string?> SetAsync(StateSet operation, CancellationToken cancellationToken) =>
        UseAsync(store => store.SetAsync(operation, cancellationToken));

    public Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken) =>
        UseAsync(store => store.TransactAsync(operations, cancellationToken));

    public async IAsyncEnumerable<string> ListKeysAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var use = Enter(out var store);
        await foreach (var key in store.ListKeysAsync(prefix, cancellationToken))
        {
            yield return key;
        }
    }
}
