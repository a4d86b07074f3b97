using Sidecar.Clients.Redis;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>daprd's names and defaults (dapr-contract.md 5.8); bare numbers are milliseconds.</summary>
/// <param name="ConsumerId">Group and consumer; null: the group the subscription asks for, which is the app id.</param>
/// <param name="ProcessingTimeout">What an entry may take until others may claim it; its handler is cancelled then.</param>
/// <param name="RedeliverInterval">How often entries of silent consumers are looked for.</param>
/// <param name="QueueDepth">Entries read at once, and entries that wait for a worker.</param>
/// <param name="Concurrency">Handlers at once, over all subscriptions of the component.</param>
/// <param name="MaxLength">Streams are trimmed to about so many entries, read or not; 0: never.</param>
/// <param name="StreamTtl">Entries older than this are trimmed, read or not; 0: never.</param>
internal sealed record RedisPubSubOptions(
    RedisOptions Server,
    string? ConsumerId,
    TimeSpan ProcessingTimeout,
    TimeSpan RedeliverInterval,
    int QueueDepth,
    int Concurrency,
    int MaxLength,
    TimeSpan StreamTtl)
{
    /// <summary>False: what a killed consumer had in hand stays lost, as with daprd.</summary>
    public bool Reclaims => ProcessingTimeout > TimeSpan.Zero && RedeliverInterval > TimeSpan.Zero;

    public static RedisPubSubOptions Parse(ComponentMetadata metadata)
    {
        var millisecond = TimeSpan.FromMilliseconds(1);
        return new RedisPubSubOptions(
            RedisOptions.Parse(metadata),
            metadata.Text("consumerID"),
            metadata.Duration("processingTimeout", TimeSpan.FromSeconds(60), TimeSpan.Zero, millisecond),
            metadata.Duration("redeliverInterval", TimeSpan.FromSeconds(15), TimeSpan.Zero, millisecond),
            metadata.Number("queueDepth", 100, minimum: 1),
            metadata.Number("concurrency", 10, minimum: 1),
            metadata.Number("maxLenApprox", 0, minimum: 0),
            metadata.Duration("streamTTL", TimeSpan.Zero, TimeSpan.Zero, millisecond));
    }

    /// <summary>Settings that daprd takes without a word although they lose messages, with the remedy.</summary>
    public IEnumerable<(string Member, string Why)> Doubtful()
    {
        if (!Reclaims)
        {
            yield return (
                ProcessingTimeout == TimeSpan.Zero ? "processingTimeout" : "redeliverInterval",
                "0 switches redelivery off: what a killed sidecar had in hand is lost; remove it to get the default");
        }

        if (MaxLength > 0 && StreamTtl > TimeSpan.Zero)
        {
            yield return ("streamTTL", "has no effect beside maxLenApprox; remove one of the two");
        }
    }
}
