using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Configuration;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Sidecar.Metrics;

namespace Sidecar.Api;

/// <summary>Secrets, whichever protocol asks for them (dapr-contract.md 9.1).</summary>
internal sealed class SecretApi(ComponentRegistry components, ComponentCalls calls, SidecarResources resources)
{
    private readonly Dictionary<string, SecretScope> _scopes =
        resources.Configuration.SecretScopes.ToDictionary(scope => scope.StoreName, StringComparer.Ordinal);

    /// <summary>A null value: the store has nothing to say. A secret that it does not know is an error.</summary>
    public async Task<ApiAnswer<IReadOnlyDictionary<string, string>>> GetAsync(string store, string key, CancellationToken cancellationToken)
    {
        if (components.Secrets(store) is not { } secrets)
        {
            return ApiAnswer<IReadOnlyDictionary<string, string>>.Failed(Missing(store));
        }

        // Before the store is asked: whether a denied secret exists is a secret too.
        if (!Allows(store, key))
        {
            return ApiAnswer<IReadOnlyDictionary<string, string>>.Failed(SecretErrors.Denied(store, key));
        }

        var answer = await calls.RunAsync(ComponentOperation.Secret("get"), store, token => secrets.GetAsync(key, token), cancellationToken);
        return new ApiAnswer<IReadOnlyDictionary<string, string>>(
            answer.Value, answer.Fault is { } fault ? SecretErrors.Get(store, key, fault.Message) : null);
    }

    /// <summary>As above, without those that the store's scope denies.</summary>
    public async Task<ApiAnswer<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>> GetAllAsync(
        string store, CancellationToken cancellationToken)
    {
        if (components.Secrets(store) is not { } secrets)
        {
            return ApiAnswer<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>.Failed(Missing(store));
        }

        var answer = await calls.RunAsync(ComponentOperation.Secret("bulk_get"), store, secrets.GetAllAsync, cancellationToken);
        var allowed = answer.Value?.Where(secret => Allows(store, secret.Key)).ToDictionary(StringComparer.Ordinal);
        return new ApiAnswer<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(
            allowed, answer.Fault is { } fault ? SecretErrors.BulkGet(store, fault.Message) : null);
    }

    private bool Allows(string store, string key) => !_scopes.TryGetValue(store, out var scope) || scope.Allows(key);

    private ApiError Missing(string store) =>
        components.HasAny<ISecretStore>() ? SecretErrors.NotFound(store) : SecretErrors.NotConfigured;
}
