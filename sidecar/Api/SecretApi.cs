using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Http;
using Sidecar.Http.Errors;

namespace Sidecar.Api;

/// <summary>Secrets, whichever protocol asks for them (dapr-contract.md 9.1).</summary>
internal sealed class SecretApi(ComponentRegistry components, ComponentCalls calls)
{
    /// <summary>A null value: the store has nothing to say. A secret that it does not know is an error.</summary>
    public async Task<ApiAnswer<IReadOnlyDictionary<string, string>>> GetAsync(string store, string key, CancellationToken cancellationToken)
    {
        if (components.Secrets(store) is not { } secrets)
        {
            return ApiAnswer<IReadOnlyDictionary<string, string>>.Failed(Missing(store));
        }

        var answer = await calls.RunAsync(store, token => secrets.GetAsync(key, token), cancellationToken);
        return new ApiAnswer<IReadOnlyDictionary<string, string>>(
            answer.Value, answer.Fault is { } fault ? SecretErrors.Get(store, key, fault.Message) : null);
    }

    public async Task<ApiAnswer<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>> GetAllAsync(
        string store, CancellationToken cancellationToken)
    {
        if (components.Secrets(store) is not { } secrets)
        {
            return ApiAnswer<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>.Failed(Missing(store));
        }

        var answer = await calls.RunAsync(store, secrets.GetAllAsync, cancellationToken);
        return new ApiAnswer<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(
            answer.Value, answer.Fault is { } fault ? SecretErrors.BulkGet(store, fault.Message) : null);
    }

    private ApiError Missing(string store) =>
        components.HasAny<ISecretStore>() ? SecretErrors.NotFound(store) : SecretErrors.NotConfigured;
}
