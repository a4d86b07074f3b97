using Sidecar.Components;
using Sidecar.Components.Configuration;
using Sidecar.ConfigurationStores;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Sidecar.Metrics;

namespace Sidecar.Api;

/// <summary>Configuration, whichever protocol asks for it (dapr-contract.md 9.2).</summary>
internal sealed class ConfigurationApi(ComponentRegistry components, ConfigurationSubscriptions subscriptions, ComponentCalls calls)
{
    /// <summary>Null: there is such a store.</summary>
    public ApiError? Refuse(string store) => components.Configuration(store) is not null ? null : Missing(store);

    /// <param name="keys">None: all.</param>
    public async Task<ApiAnswer<IReadOnlyDictionary<string, ConfigurationItem>>> GetAsync(
        string store, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var found = components.Configuration(store);
        if (found is null)
        {
            return ApiAnswer<IReadOnlyDictionary<string, ConfigurationItem>>.Failed(Missing(store));
        }

        var answer = await calls.RunAsync(ComponentOperation.Configuration("get"), store, token => found.GetAsync(keys, token), cancellationToken);
        return new ApiAnswer<IReadOnlyDictionary<string, ConfigurationItem>>(
            answer.Value, answer.Fault is { } fault ? ConfigurationStoreErrors.Get(keys, store, fault.Message) : null);
    }

    /// <summary>Updates go to the app's HTTP API. The value is the id of the subscription.</summary>
    public async Task<ApiAnswer<string>> SubscribeAppAsync(string store, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        if ((Refuse(store) ?? (subscriptions.CanDeliver ? null : ConfigurationStoreErrors.NoApp)) is { } refusal)
        {
            return ApiAnswer<string>.Failed(refusal);
        }

        var answer = await calls.RunAsync(
            ComponentOperation.Configuration("subscribe"), store, token => subscriptions.SubscribeAsync(store, keys, token), cancellationToken);
        return Subscribed(store, keys, answer);
    }

    /// <summary>Updates go to the handler until the subscription of this id is ended, which ends the stream.</summary>
    public async Task<ApiAnswer<string>> SubscribeStreamAsync(
        string store, IReadOnlyList<string> keys, string id, ConfigurationHandler handler, IDisposable stream, CancellationToken cancellationToken)
    {
        if (Refuse(store) is { } refusal)
        {
            return ApiAnswer<string>.Failed(refusal);
        }

        var answer = await calls.RunAsync(
            ComponentOperation.Configuration("subscribe"),
            store,
            async token =>
            {
                await subscriptions.SubscribeAsync(store, id, keys, handler, stream, token);
                return id;
            },
            cancellationToken);
        return Subscribed(store, keys, answer);
    }

    /// <summary>False: there is no such subscription.</summary>
    public bool TryUnsubscribe(string store, string id) => subscriptions.TryUnsubscribe(store, id);

    public bool TryUnsubscribe(string id) => subscriptions.TryUnsubscribe(id);

    private ApiError Missing(string store) =>
        components.HasAny<IConfigurationStore>() ? ConfigurationStoreErrors.NotFound(store) : ConfigurationStoreErrors.NotConfigured;

    private static ApiAnswer<string> Subscribed(string store, IReadOnlyList<string> keys, ComponentAnswer<string> answer) =>
        new(answer.Value, answer.Fault is { } fault ? ConfigurationStoreErrors.Subscribe(keys, store, fault.Message) : null);
}
