using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>Names and defaults follow pubsub.redis where both have the member; bare numbers are milliseconds as there.</summary>
/// <param name="ConsumerId">The consumer group; null: the one the subscription asks for, which is the app id.</param>
/// <param name="ProcessingTimeout">
/// Lease on a message in hand. It is renewed while its process lives; afterwards another consumer takes the message over.
/// </param>
/// <param name="RedeliverInterval">Longest pause before a failed message comes again, and how often leases are looked over.</param>
/// <param name="QueueDepth">Messages a subscription takes in advance.</param>
/// <param name="Retention">How long a message outlives its consumption by every group, for groups that come later.</param>
internal sealed record SqlitePubSubOptions(
    SqliteOptions Database,
    string? ConsumerId,
    TimeSpan ProcessingTimeout,
    TimeSpan RedeliverInterval,
    int Concurrency,
    int QueueDepth,
    TimeSpan Retention)
{
    public static SqlitePubSubOptions Parse(ComponentMetadata metadata, ComponentContext context)
    {
        var millisecond = TimeSpan.FromMilliseconds(1);
        // Zero switches redelivery off in pubsub.redis and loses what a killed consumer had in hand: refused here.
        var shortest = TimeSpan.FromMilliseconds(100);
        return new SqlitePubSubOptions(
            SqliteOptions.Parse(metadata, context),
            metadata.Text("consumerID"),
            metadata.Duration("processingTimeout", TimeSpan.FromSeconds(60), shortest, millisecond),
            metadata.Duration("redeliverInterval", TimeSpan.FromSeconds(15), shortest, millisecond),
            metadata.Number("concurrency", 10, minimum: 1),
            metadata.Number("queueDepth", 100, minimum: 1),
            metadata.Duration("retention", TimeSpan.FromHours(1), TimeSpan.Zero, millisecond));
    }
}
