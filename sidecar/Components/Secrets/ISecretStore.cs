namespace Sidecar.Components.Secrets;

internal interface ISecretStore : IComponent
{
    Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken);
}
