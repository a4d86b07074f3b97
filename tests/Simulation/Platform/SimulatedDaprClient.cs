using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Dapr;
using Dapr.Client;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>Dapr's client as the services use it, over the simulated store, locks and secrets. What they do not use is not here.</summary>
[SuppressMessage("Design", "CA1065", Justification = "What no service calls must be noticed when one begins to.")]
internal sealed class SimulatedDaprClient(Calls calls, Store store, Locks locks) : DaprClient
{
    /// <summary>What webhooks are signed with.</summary>
    public const string WebhookSecret = "simulated-secret";

    public override JsonSerializerOptions JsonSerializerOptions => ShopJson.Documents;

    public override async Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) =>
        (await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken)).value;

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var (value, etag) = await StateAsync(() => store.Read(key), cancellationToken);
        return (Parse<TValue>(value), etag);
    }

    public override async Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var found = await StateAsync(() => keys.Select(key => (Key: key, Read: store.Read(key))).ToList(), cancellationToken);
        return [.. found.Select(item => new BulkStateItem<TValue>(item.Key, Parse<TValue>(item.Read.Value), item.Read.Etag))];
    }

    public override async Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, ShopJson.Documents);
        await StateAsync(
            () =>
            {
                store.Write(key, bytes);
                return true;
            },
            cancellationToken);
    }

    /// <summary>As Redis: a failed write answers 409 as well as 500, whether it happened or not.</summary>
    public override async Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null,
        IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, ShopJson.Documents);
        return await StateAsync(() => store.TryWrite(key, bytes, etag), cancellationToken);
    }

#pragma warning disable DAPR_DISTRIBUTEDLOCK // The lock API is alpha in Dapr.
    public override async Task<TryLockResponse> Lock(
        string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken = default) =>
        new()
        {
            Success = await LockAsync(() => locks.TryTake(resourceId, lockOwner, TimeSpan.FromSeconds(expiryInSeconds)), cancellationToken),
            ResourceId = resourceId,
            LockOwner = lockOwner,
            StoreName = storeName,
            Client = this,
        };

    public override async Task<UnlockResponse> Unlock(
        string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken = default) =>
        new(await LockAsync(() => locks.Release(resourceId, lockOwner), cancellationToken) ? LockStatus.Success : LockStatus.LockDoesNotExist);
#pragma warning restore DAPR_DISTRIBUTEDLOCK

    public override Task<Dictionary<string, string>> GetSecretAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        StateAsync(() => new Dictionary<string, string> { [key] = WebhookSecret }, cancellationToken);

    public override Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task ExecuteStateTransactionAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task<bool> TryDeleteStateAsync(
        string storeName, string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        throw NotUsed();

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default) =>
        throw NotUsed();

    public override Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task PublishByteEventAsync(
        string pubsubName, string topicName, ReadOnlyMemory<byte> data, string dataContentType = "application/json",
        Dictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task WaitForSidecarAsync(CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task ShutdownSidecarAsync(CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default) => throw NotUsed();

    public override Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default) => throw NotUsed();

    public override HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName) => throw NotUsed();

    public override HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        throw NotUsed();

    public override HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters,
        TRequest data) => throw NotUsed();

    public override HttpClient CreateInvokableHttpClient(string? appId = null) => throw NotUsed();

    [Obsolete("As in the SDK.")]
    public override Task<HttpResponseMessage> InvokeMethodWithResponseAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default) => throw NotUsed();

    [Obsolete("As in the SDK.")]
    public override Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) => throw NotUsed();

    [Obsolete("As in the SDK.")]
    public override Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        throw NotUsed();

    private static NotSupportedException NotUsed() => new("No service of the shop called this when the simulation was written.");

    private static TValue Parse<TValue>(byte[]? value) => value is null ? default! : JsonSerializer.Deserialize<TValue>(value, ShopJson.Documents)!;

    private Task<T> StateAsync<T>(Func<T> apply, CancellationToken cancellationToken) =>
        calls.MakeAsync(Dependency.Store, apply, () => new DaprException("The store does not answer."), cancellationToken);

    private Task<T> LockAsync<T>(Func<T> apply, CancellationToken cancellationToken) =>
        calls.MakeAsync(Dependency.Lock, apply, () => new DaprException("The lock store does not answer."), cancellationToken);
}
