using System.Net.Http.Json;
using System.Text.Json;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;
using Microsoft.Extensions.Configuration;

namespace DaprShop.ServiceDefaults.State;

/// <summary>
/// Reads many documents in one call, and knows a missing one from one that could not be read: Dapr's HTTP API names the error of an
/// item, its clients drop it. For places where "missing" decides something.
/// </summary>
public sealed class BulkReads : IDisposable
{
    private readonly HttpClient _http;
    private readonly StoreCalls _calls;

    public BulkReads(IConfiguration configuration, StoreCalls calls)
        : this(SidecarHttp.Create(configuration, Timeout.InfiniteTimeSpan), calls)
    {
    }

    /// <param name="http">Has no timeout of its own.</param>
    internal BulkReads(HttpClient http, StoreCalls calls) => (_http, _calls) = (http, calls);

    /// <summary>Throws <see cref="DependencyUnavailableException"/> unless every key was read.</summary>
    public Task<FoundDocuments> ReadAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        _calls.AskAsync(limited => AskAsync(keys, limited), cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<FoundDocuments> AskAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync(
            $"v1.0/state/{DocumentStore.Component}/bulk", new BulkQuery(keys, keys.Count), ShopJson.Documents, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return Found(keys, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    /// <summary>Most keys of a batch of new orders are missing, so nothing is made of an item but what it has.</summary>
    private static FoundDocuments Found(IReadOnlyList<string> keys, ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("The answer must be a JSON array.");
        }

        var found = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            var item = BulkItem.Read(ref reader, json);
            if (item.Error is { } error)
            {
                throw new DependencyUnavailableException($"{DocumentStore.Component} key {item.ReadKey()}: {error}");
            }

            if (!item.Data.IsEmpty)
            {
                found[item.ReadKey()] = item.Data;
            }
        }

        // Dapr answers every key it was asked for; one that is not in the answer was not read.
        return count >= keys.Count
            ? new FoundDocuments(found)
            : throw new DependencyUnavailableException($"{DocumentStore.Component} answered {count} of {keys.Count} keys");
    }

    private sealed record BulkQuery(IReadOnlyList<string> Keys, int Parallelism);

    /// <param name="Key">As it stands in the answer, quotes included.</param>
    /// <param name="Data">The value as it stands in the answer; empty when there is none.</param>
    private readonly record struct BulkItem(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Data, string? Error)
    {
        public static BulkItem Read(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("An item of the answer must be a JSON object.");
            }

            var item = default(BulkItem);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("key"u8))
                {
                    item = item with { Key = Value(ref reader, json) };
                }
                else if (reader.ValueTextEquals("data"u8))
                {
                    item = item with { Data = Value(ref reader, json) };
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    var error = Value(ref reader, json);
                    item = item with { Error = error.IsEmpty ? null : Text(error) };
                }
                else
                {
                    reader.Skip();
                }
            }

            return item;
        }

        public string ReadKey() => Text(Key);

        private static string Text(ReadOnlyMemory<byte> value) =>
            JsonSerializer.Deserialize<string>(value.Span, ShopJson.Documents) ?? throw new JsonException("A key of the answer must be text.");

        /// <returns>Empty: it is null.</returns>
        private static ReadOnlyMemory<byte> Value(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
        {
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            return isNull ? default : json[start..(int)reader.BytesConsumed];
        }
    }
}

/// <summary>What <see cref="BulkReads"/> found; a key that is not in it is missing in the store.</summary>
public sealed class FoundDocuments(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> found)
{
    /// <summary>A document written by <see cref="DocumentStore.ChangeAsync{T,TResult}"/>; null when it is missing.</summary>
    public T? Find<T>(string key)
        where T : class =>
        found.TryGetValue(key, out var data) ? JsonSerializer.Deserialize<Stored<T>>(data.Span, ShopJson.Documents)?.Document : null;
}
