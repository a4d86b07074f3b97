using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;
using Microsoft.Extensions.Configuration;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>
/// The sidecar's bulk publish, by its HTTP API: that takes an id, a type, a key and a trace for each event, where Dapr's .NET client has
/// metadata for the call as a whole only.
/// </summary>
public sealed class BulkPublishClient(HttpClient http)
{
    /// <summary>A broker that hangs must not hold up the events of the next batch for ever.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(15);

    internal static BulkPublishClient Of(IConfiguration configuration) => new(SidecarHttp.Create(configuration, CallLimit));

    /// <summary>Throws <see cref="DependencyUnavailableException"/> when nothing is known to be published.</summary>
    /// <returns>The numbers of those that were not published, with the reason.</returns>
    internal async Task<IReadOnlyDictionary<int, string>> PublishAsync(
        string topic, IReadOnlyList<WaitingEvent> entries, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync(
                $"/v1.0/publish/bulk/{Topics.PubSub}/{topic}",
                entries.Select((entry, number) => new Entry(Text(number), entry.Event.Body, "application/json", entry.Metadata())),
                ShopJson.Documents,
                cancellationToken);
            return answer.IsSuccessStatusCode
                ? new Dictionary<int, string>()
                : await FailedAsync(answer, cancellationToken);
        }
        catch (Exception failure) when (IsUnknown(failure, cancellationToken))
        {
            throw new DependencyUnavailableException("pubsub", failure);
        }
    }

    private static async Task<IReadOnlyDictionary<int, string>> FailedAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        var failed = answer.StatusCode == HttpStatusCode.InternalServerError
            ? JsonSerializer.Deserialize<Refusal>(text, ShopJson.Documents)?.FailedEntries
            : null;
        return failed is { Count: > 0 }
            ? failed.ToDictionary(entry => int.Parse(entry.EntryId, CultureInfo.InvariantCulture), entry => entry.Error)
            : throw new HttpRequestException($"The sidecar answered {(int)answer.StatusCode} {text}", inner: null, answer.StatusCode);
    }

    private static bool IsUnknown(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or JsonException or FormatException or IOException
        || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Entry(string EntryId, object Event, string ContentType, Dictionary<string, string> Metadata);

    private sealed record Refusal(IReadOnlyList<FailedEntry>? FailedEntries);

    private sealed record FailedEntry(string EntryId, string Error);
}
