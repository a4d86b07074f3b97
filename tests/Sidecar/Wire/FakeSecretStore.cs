using Sidecar.Components;
using Sidecar.Components.Secrets;

namespace DaprShop.Tests.Wire;

internal sealed class FakeSecretStore(Dictionary<string, IReadOnlyDictionary<string, string>> secrets) : ISecretStore
{
    public bool IsInitialised { get; private set; }

    public Task InitAsync(CancellationToken cancellationToken)
    {
        IsInitialised = true;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken) =>
        secrets.TryGetValue(name, out var secret)
            ? Task.FromResult(secret)
            : throw new ComponentException(ComponentFault.BadRequest, $"secret key {name} not found");

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(secrets);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
