using System.Text.Json;

namespace Dapr.Client.Http;

/// <summary>The routes under <c>/v1.0/state/{store}</c>.</summary>
internal sealed class StateApi(SidecarApi api)
{
    private const string Route = "/v1.0/state";
    private const int DeletesAtOnce = 8;

    /// <summary><c>GET /{key}</c>: the stored JSON and its etag, or 204.</summary>
    public async Task<(TValue Value, string ETag)> GetAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistency, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        var path = KeyPath(storeName, key).Query("consistency", StateBody.Text(consistency)).Metadata(metadata);
        var operation = new SidecarOperation("Reading state", key);
        using var response = await api.AskAsync(operation, api.Request(HttpMethod.Get, path), cancellationToken);
        var value = await SidecarApi.ReadJsonAsync<TValue>(operation, response, api.Json, cancellationToken);

        // The sidecar sends the bare etag, without the quotes that the typed header insists on.
        var etag = response.Headers.NonValidated.TryGetValues("ETag", out var values) ? values.ToString() : string.Empty;
        return (value!, etag);
    }

    /// <summary><c>POST /bulk</c>; a missing key comes back with its name only.</summary>
    public async Task<IReadOnlyList<TItem>> GetBulkAsync<TItem>(
        string storeName,
        IReadOnlyList<string> keys,
        int? parallelism,
        IReadOnlyDictionary<string, string>? metadata,
        Func<string, JsonElement?, string, TItem> item,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count == 0)
        {
            throw new ArgumentException("At least one key is needed.", nameof(keys));
        }

        var path = SidecarPath.To(Route).Segment(storeName).Segment("bulk").Metadata(metadata);
        var body = JsonBody.Write(api.Json, (keys, parallelism), static (writer, request) => StateBody.WriteBulkGet(writer, request.keys, request.parallelism));
        var operation = new SidecarOperation("Reading several keys of", storeName);
        using var document = await api.AskJsonAsync<JsonDocument>(operation, api.Request(HttpMethod.Post, path, body), JsonSerializerOptions.Default, cancellationToken);
        if (document is null)
        {
            return [];
        }

        try
        {
            var items = new List<TItem>(document.RootElement.GetArrayLength());
            foreach (var element in document.RootElement.EnumerateArray())
            {
                var etag = element.TryGetProperty("etag", out var text) ? text.GetString() : null;
                JsonElement? data = element.TryGetProperty("data", out var value) ? value : null;
                items.Add(item(element.GetProperty("key").GetString()!, data, etag ?? string.Empty));
            }

            return items;
        }
        catch (JsonException e)
        {
            throw SidecarFailure.Unreadable(operation, e);
        }
    }

    public Task<IReadOnlyList<BulkStateItem>> GetBulkTextAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        GetBulkAsync(storeName, keys, parallelism, metadata, static (key, data, etag) => new BulkStateItem(key, data?.GetRawText() ?? string.Empty, etag), cancellationToken);

    public Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkValuesAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken) =>
        GetBulkAsync(storeName, keys, parallelism, metadata, (key, data, etag) => new BulkStateItem<TValue>(key, data is { } json ? json.Deserialize<TValue>(api.Json)! : default!, etag), cancellationToken);

    /// <summary><c>POST /</c> with an array of items; one item for a single save.</summary>
    public Task SaveAsync<TValue>(string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken) =>
        api.SendAsync(new("Saving state in", storeName), SaveRequest(storeName, items), cancellationToken);

    public Task<bool> TrySaveAsync<TValue>(string storeName, SaveStateItem<TValue> item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item.ETag, "etag");
        return api.TrySendAsync(new("Saving state", item.Key), SaveRequest(storeName, [item]), cancellationToken);
    }

    /// <summary><c>DELETE /{key}</c>, the etag in <c>If-Match</c>.</summary>
    public Task DeleteAsync(string storeName, BulkDeleteStateItem item, CancellationToken cancellationToken) =>
        api.SendAsync(new("Deleting state", item.Key), DeleteRequest(storeName, item), cancellationToken);

    public Task<bool> TryDeleteAsync(string storeName, BulkDeleteStateItem item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item.ETag, "etag");
        return api.TrySendAsync(new("Deleting state", item.Key), DeleteRequest(storeName, item), cancellationToken);
    }

    /// <summary>The HTTP API has no route for it, so the keys go one by one, a few at a time.</summary>
    public Task DeleteBulkAsync(string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(items);
        var options = new ParallelOptions { MaxDegreeOfParallelism = DeletesAtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(items, options, async (item, stop) => await DeleteAsync(storeName, item, stop));
    }

    /// <summary><c>POST /transaction</c>.</summary>
    public Task TransactAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(operations);
        if (operations.Count == 0)
        {
            throw new ArgumentException("At least one operation is needed.", nameof(operations));
        }

        var operation = new SidecarOperation("The state transaction in", storeName);
        HttpContent body;
        try
        {
            body = JsonBody.Write(api.Json, (operations, metadata), static (writer, request) => StateBody.WriteTransaction(writer, request.operations, request.metadata));
        }
        catch (JsonException e)
        {
            throw new DaprException($"{operation} failed: a value is not JSON, which is all that the sidecar's HTTP API takes.", e);
        }

        var path = SidecarPath.To(Route).Segment(storeName).Segment("transaction");
        return api.SendAsync(operation, api.Request(HttpMethod.Post, path, body), cancellationToken);
    }

    private HttpRequestMessage SaveRequest<TValue>(string storeName, IReadOnlyList<SaveStateItem<TValue>> items)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(items);
        foreach (var item in items)
        {
            ArgumentException.ThrowIfNullOrEmpty(item.Key, "key");
        }

        var body = JsonBody.Write(api.Json, (items, api.Json), static (writer, request) => StateBody.WriteSave(writer, request.items, request.Json));
        return api.Request(HttpMethod.Post, SidecarPath.To(Route).Segment(storeName), body);
    }

    private HttpRequestMessage DeleteRequest(string storeName, BulkDeleteStateItem item)
    {
        var path = KeyPath(storeName, item.Key)
            .Query("concurrency", StateBody.Text(item.StateOptions?.Concurrency))
            .Query("consistency", StateBody.Text(item.StateOptions?.Consistency))
            .Metadata(item.Metadata);
        var request = api.Request(HttpMethod.Delete, path);
        if (!string.IsNullOrEmpty(item.ETag))
        {
            request.Headers.TryAddWithoutValidation("If-Match", item.ETag);
        }

        return request;
    }

    private static SidecarPath KeyPath(string storeName, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        return SidecarPath.To(Route).Segment(storeName).Segment(key);
    }
}
