using System.Text.Json;
using System.Text.Json.Serialization;
using Sidecar.Expressions;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>The app's answer to GET /dapr/subscribe cannot be used.</summary>
internal sealed class SubscriptionListException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Reads the app's answer to GET /dapr/subscribe (dapr-contract.md 5.3).</summary>
internal static class SubscriptionList
{
    // encoding/json, which daprd reads with, does not care about the case of member names.
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <param name="withoutRoute">Topics of entries that are dropped because they name no route.</param>
    public static IReadOnlyList<Subscription> Parse(ReadOnlySpan<byte> body, out IReadOnlyList<string> withoutRoute)
    {
        withoutRoute = [];
        if (body.Trim(" \t\r\n"u8).IsEmpty)
        {
            return [];
        }

        try
        {
            var entries = JsonSerializer.Deserialize<List<Entry>>(body, Options) ?? [];
            withoutRoute = [.. entries.Where(entry => entry.AllRoutes.Count == 0).Select(entry => entry.Topic)];
            return [.. entries.Where(entry => entry.AllRoutes.Count > 0).Select(entry => entry.ToSubscription())];
        }
        catch (JsonException exception)
        {
            throw new SubscriptionListException($"the list is not valid: {exception.Message}", exception);
        }
    }

    private sealed record Entry(
        string? PubsubName,
        string? DeadLetterTopic,
        Dictionary<string, string>? Metadata,
        string? Route,
        RouteTable? Routes,
        Bulk? BulkSubscribe)
    {
        public string Topic { get; init; } = "";

        [JsonIgnore]
        public List<RuleEntry> AllRoutes
        {
            get
            {
                var routes = new List<RuleEntry>(Routes?.Rules ?? []);
                var otherwise = string.IsNullOrEmpty(Routes?.Default) ? Route : Routes.Default;
                if (!string.IsNullOrEmpty(otherwise))
                {
                    routes.Add(new RuleEntry("", otherwise));
                }

                return routes;
            }
        }

        public Subscription ToSubscription()
        {
            try
            {
                return new Subscription(
                    PubsubName ?? "",
                    Topic,
                    [.. AllRoutes.Select(rule => Subscriptions.Route.Create(rule.Match ?? "", rule.Path ?? ""))],
                    Metadata ?? [],
                    string.IsNullOrEmpty(DeadLetterTopic) ? null : DeadLetterTopic,
                    SubscriptionKind.Programmatic)
                {
                    Bulk = BulkSubscribe is { Enabled: true } bulk ? BatchLimits.Of(bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
                };
            }
            catch (ExpressionException exception)
            {
                throw new SubscriptionListException($"topic {Topic}: {exception.Message}", exception);
            }
        }
    }

    private sealed record RouteTable(List<RuleEntry>? Rules, string? Default);

    private sealed record RuleEntry(string? Match, string? Path);

    private sealed record Bulk(bool Enabled, int? MaxMessagesCount, int? MaxAwaitDurationMs);
}
