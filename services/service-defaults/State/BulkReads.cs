using System.Net.Http.Json;
using System.Text.Json;
using Dapr;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;
using Microsoft.Extensions.Configuration;

namespace DaprShop.ServiceDefaults.State;

/// <summary>
/// Reads many documents in one call, and knows a missing one from one that could not be read: Dapr's HTTP API names the error of an
/// item, its clients drop it. For places where "missing" decides something.
/// </summary>
public sealed class BulkReads : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;

    public BulkReads(IConfiguration configuration)
    {
        _http = new HttpClient { BaseAddress = new Uri(DaprDefaults.GetDefaultHttpEndpoint(configuration)), Timeout = CallLimit };
        if (DaprDefaults.GetDefaultDaprApiToken(configuration) is { Length: > 0 } token)
        {
            _http.DefaultRequestHeaders.Add("dapr-api-token", token);
        }
    }

    /// <summary>Throws <see cref="DependencyUnavailableException"/> unless every key was read.</summary>
    public async Task<FoundDocuments> ReadAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.PostAsJsonAsync(
                $"v1.0/state/{DocumentStore.Component}/bulk", new BulkQuery(keys, keys.Count), ShopJson.Documents, cancellationToken);
            answer.EnsureSuccessStatusCode();
            var items = await answer.Content.ReadFromJsonAsync<IReadOnlyList<BulkItem>>(ShopJson.Documents, cancellationToken) ?? [];
            return Found(keys, items);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException || IsTimeout(failure, cancellationToken))
        {
            throw new DependencyUnavailableException(DocumentStore.Component, failure);
        }
    }

    public void Dispose() => _http.Dispose();

    private static FoundDocuments Found(IReadOnlyList<string> keys, IReadOnlyList<BulkItem> items)
    {
        if (items.FirstOrDefault(item => item.Error is not null) is { } unread)
        {
            throw new DependencyUnavailableException($"{DocumentStore.Component} key {unread.Key}: {unread.Error}");
        }

        // Dapr answers every key it was asked for; one that is not in the answer was not read.
        if (items.Count < keys.Count)
        {
            throw new DependencyUnavailableException($"{DocumentStore.Component} answered {items.Count} of {keys.Count} keys");
        }

        return new FoundDocuments(items
            .Where(item => item.Data is { ValueKind: not JsonValueKind.Null })
            .ToDictionary(item => item.Key, item => item.Data!.Value, StringComparer.Ordinal));
    }

    private static bool IsTimeout(Exception failure, CancellationToken cancellationToken) =>
        failure is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private sealed record BulkQuery(IReadOnlyList<string> Keys, int Parallelism);

    private sealed record BulkItem(string Key, JsonElement? Data, string? Error);
}

/// <summary>What <see cref="BulkReads"/> found; a key that is not in it is missing in the store.</summary>
public sealed class FoundDocuments(IReadOnlyDictionary<string, JsonElement> found)
{
    /// <summary>A document written by <see cref="DocumentStore.ChangeAsync{T,TResult}"/>; null when it is missing.</summary>
    public T? Find<T>(string key)
        where T : class =>
        found.TryGetValue(key, out var data) ? data.Deserialize<Stored<T>>(ShopJson.Documents)?.Document : null;
}
