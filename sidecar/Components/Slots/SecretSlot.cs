using Sidecar.Components.Secrets;

namespace Sidecar.Components.Slots;

internal sealed class SecretSlot(string name, ISecretStore first) : ComponentSlot<ISecretStore>(name, first), ISecretStore
{
    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken) =>
        UseAsync(store => store.GetAsync(name, cancellationToken));

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken) =>
        UseAsync(store => store.GetAllAsync(cancellationToken));
}
