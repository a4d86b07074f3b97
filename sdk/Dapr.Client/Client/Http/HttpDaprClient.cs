using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary>The client over the sidecar's HTTP API; docs/decisions/0004-sdk-over-http.md says where that can be noticed.</summary>
internal sealed class HttpDaprClient(SidecarApi api) : DaprClient
{
    private readonly PublishApi _publish = new(api);
    private readonly InvocationApi _invocation = new(api);
    private readonly StateApi _state = new(api);
    private readonly SecretsApi _secrets = new(api);
    private readonly LockApi _locks = new(api);
    private readonly ControlApi _control = new(api, TimeProvider.System);

    public override JsonSerializerOptions JsonSerializerOptions => api.Json;

    internal static ProductInfoHeaderValue Product { get; } = UserAgent();

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        _publish.PublishAsync(pubsubName, topicName, data, null, cancellationToken);

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return _publish.PublishAsync(pubsubName, topicName, data, metadata, cancellationToken);
    }

    public override Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default) =>
        _publish.PublishAsync(pubsubName, topicName, null, cancellationToken);

    public override Task PublishEventAsync(string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return _publish.PublishAsync(pubsubName, topicName, metadata, cancellationToken);
    }

    public override Task PublishByteEventAsync(string pubsubName, string topicName, ReadOnlyMemory<byte> data, string dataContentType = PublishApi.Json, Dictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _publish.PublishAsync(pubsubName, topicName, data, dataContentType, metadata, cancellationToken);

    public override HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName) =>
        _invocation.Request(httpMethod, appId, methodName, []);

    public override HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        _invocation.Request(httpMethod, appId, methodName, queryStringParameters);

    public override HttpRequestMessage CreateInvokeMethodRequest<TRequest>(HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data) =>
        _invocation.Request(httpMethod, appId, methodName, queryStringParameters, data);

    public override HttpClient CreateInvokableHttpClient(string? appId = null) =>
        CreateInvokeHttpClient(appId, api.Endpoint.AbsoluteUri, api.Token);

    [Obsolete("See the overridden member.")]
    public override Task<HttpResponseMessage> InvokeMethodWithResponseAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        _invocation.SendAsync(request, cancellationToken);

    [Obsolete("See the overridden member.")]
    public override Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        _invocation.SendForSuccessAsync(request, cancellationToken);

    [Obsolete("See the overridden member.")]
    public override Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        _invocation.SendForJsonAsync<TResponse>(request, cancellationToken);

    public override async Task<TValue> GetStateAsync<TValue>(string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        (await _state.GetAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken)).Value;

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        await _state.GetAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken);

    public override Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.GetBulkTextAsync(storeName, keys, parallelism, metadata, cancellationToken);

    public override Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.GetBulkValuesAsync<TValue>(storeName, keys, parallelism, metadata, cancellationToken);

    public override Task SaveBulkStateAsync<TValue>(string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default) =>
        _state.SaveAsync(storeName, items, cancellationToken);

    public override Task DeleteBulkStateAsync(string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default) =>
        _state.DeleteBulkAsync(storeName, items, cancellationToken);

    public override Task SaveStateAsync<TValue>(string storeName, string key, TValue value, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.SaveAsync<TValue>(storeName, [new(key, value, null!, stateOptions, metadata)], cancellationToken);

    public override Task<bool> TrySaveStateAsync<TValue>(string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.TrySaveAsync<TValue>(storeName, new(key, value, etag, stateOptions, metadata), cancellationToken);

    public override Task ExecuteStateTransactionAsync(string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.TransactAsync(storeName, operations, metadata, cancellationToken);

    public override Task DeleteStateAsync(string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.DeleteAsync(storeName, new(key, null!, stateOptions, metadata), cancellationToken);

    public override Task<bool> TryDeleteStateAsync(string storeName, string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _state.TryDeleteAsync(storeName, new(key, etag, stateOptions, metadata), cancellationToken);

    public override Task<Dictionary<string, string>> GetSecretAsync(string storeName, string key, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _secrets.GetAsync(storeName, key, metadata, cancellationToken);

    public override Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        _secrets.GetBulkAsync(storeName, metadata, cancellationToken);

    [Experimental("DAPR_DISTRIBUTEDLOCK")]
    public override async Task<TryLockResponse> Lock(string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken = default) =>
        new()
        {
            Success = await _locks.TryLockAsync(storeName, resourceId, lockOwner, expiryInSeconds, cancellationToken),
            StoreName = storeName,
            ResourceId = resourceId,
            LockOwner = lockOwner,
            Client = this,
        };

    [Experimental("DAPR_DISTRIBUTEDLOCK")]
    public override async Task<UnlockResponse> Unlock(string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken = default) =>
        new(await _locks.UnlockAsync(storeName, resourceId, lockOwner, cancellationToken));

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) => _control.IsHealthyAsync(cancellationToken);

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) => _control.IsOutboundHealthyAsync(cancellationToken);

    public override Task WaitForSidecarAsync(CancellationToken cancellationToken = default) => _control.WaitAsync(cancellationToken);

    public override Task ShutdownSidecarAsync(CancellationToken cancellationToken = default) => _control.ShutdownAsync(cancellationToken);

    public override Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default) => _control.GetMetadataAsync(cancellationToken);

    public override Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default) =>
        _control.SetMetadataAsync(attributeName, attributeValue, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            api.Dispose();
        }

        base.Dispose(disposing);
    }
}
