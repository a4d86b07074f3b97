using System.Globalization;
using Sidecar.Clients.RabbitMq;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>Names and defaults are daprd's, the unsafe ones too, so that one component file means the same to both.</summary>
/// <param name="ConsumerId">Begins the queues' names; null: the one the subscription asks for, which is the app id.</param>
/// <param name="DeliveryMode">0 leaves it to the broker, which takes such messages as transient; 2 is persistent.</param>
/// <param name="PrefetchCount">Messages in hand per subscription; 0: no limit.</param>
/// <param name="TimeToLive">Of messages that are published without one.</param>
/// <param name="QueueType">
/// Ours: of the queues whose subscription does not say; daprd takes it from the subscription's metadata only.
/// </param>
/// <param name="DeclaredSubscribers">
/// Ours: consumer ids by topic. Their queues are declared before the first message of the topic is published, and a
/// message of such a topic that no queue takes is an error.
/// </param>
internal sealed record RabbitMqPubSubOptions(
    RabbitMqConnectionOptions Connection,
    string? ConsumerId,
    bool Durable,
    bool DeletedWhenUnused,
    bool AutoAck,
    int DeliveryMode,
    bool RequeueInFailure,
    int PrefetchCount,
    TimeSpan ReconnectWait,
    bool IsParallel,
    bool PublisherConfirm,
    bool EnableDeadLetter,
    long MaxLen,
    long MaxLenBytes,
    string ExchangeKind,
    string QueueType,
    TimeSpan? TimeToLive,
    bool PropertiesToMetadata,
    IReadOnlyDictionary<string, IReadOnlyList<string>> DeclaredSubscribers)
{
    public const string Fanout = "fanout";
    public const string Classic = "classic";
    public const string Quorum = "quorum";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static RabbitMqPubSubOptions Parse(ComponentMetadata metadata)
    {
        var options = new RabbitMqPubSubOptions(
            RabbitMqConnectionOptions.Parse(metadata),
            metadata.Text("consumerID"),
            metadata.Text("durable") is null || metadata.Flag("durable"),
            metadata.Text("deletedWhenUnused") is null || metadata.Flag("deletedWhenUnused"),
            metadata.Flag("autoAck"),
            (int)Number(metadata, "deliveryMode", 2),
            metadata.Flag("requeueInFailure"),
            (int)Number(metadata, "prefetchCount", byte.MaxValue),
            metadata.Duration("reconnectWaitSeconds", TimeSpan.FromSeconds(3), TimeSpan.Zero, Second, "reconnectWait"),
            OneOf(metadata, "concurrencyMode", "parallel", "single") == "parallel",
            metadata.Flag("publisherConfirm"),
            metadata.Flag("enableDeadLetter"),
            Number(metadata, "maxLen", long.MaxValue),
            Number(metadata, "maxLenBytes", long.MaxValue),
            OneOf(metadata, "exchangeKind", Fanout, "topic", "direct", "headers"),
            OneOf(metadata, "queueType", Classic, Quorum),
            Lifetime(metadata),
            metadata.Flag("publishMessagePropertiesToMetadata"),
            Subscribers(metadata));
        options.Check(metadata);
        return options;
    }

    private void Check(ComponentMetadata metadata)
    {
        if (DeclaredSubscribers.Count > 0 && ExchangeKind != Fanout)
        {
            metadata.Reject("declaredSubscribers", $"needs exchangeKind {Fanout}: the routing keys of other kinds are the subscribers' own");
        }

        if (QueueType == Quorum && (!Durable || DeletedWhenUnused))
        {
            metadata.Reject("queueType", $"{Quorum} needs durable true and deletedWhenUnused false");
        }
    }

    private static long Number(ComponentMetadata metadata, string name, long maximum)
    {
        if (metadata.Text(name) is not { } text)
        {
            return 0;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= maximum)
        {
            return number;
        }

        metadata.Reject(name, maximum == long.MaxValue
            ? $"'{text}' is not a whole number of 0 or more"
            : $"'{text}' is not a whole number from 0 to {maximum}");
        return 0;
    }

    /// <summary>The first choice is the default.</summary>
    private static string OneOf(ComponentMetadata metadata, string name, params string[] choices)
    {
        var text = metadata.Text(name) ?? choices[0];
        if (choices.Contains(text))
        {
            return text;
        }

        metadata.Reject(name, $"'{text}' is not one of {string.Join(", ", choices)}");
        return choices[0];
    }

    private static TimeSpan? Lifetime(ComponentMetadata metadata)
    {
        var name = metadata.Text("ttl") is null ? "ttlInSeconds" : "ttl";
        return metadata.Text(name) is null ? null : metadata.Duration(name, Second, TimeSpan.FromMilliseconds(1), Second);
    }

    // In the form of publishingScopes: "topic1=app1,app2;topic2=app1".
    private static Dictionary<string, IReadOnlyList<string>> Subscribers(ComponentMetadata metadata)
    {
        const StringSplitOptions Split = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        var subscribers = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var entry in (metadata.Text("declaredSubscribers") ?? "").Split(';', Split))
        {
            var parts = entry.Split('=', 2, StringSplitOptions.TrimEntries);
            var consumers = parts.Length == 2 ? parts[1].Split(',', Split) : [];
            if (parts[0].Length == 0 || consumers.Length == 0)
            {
                metadata.Reject("declaredSubscribers", $"'{entry}' is not of the form topic=consumer,consumer");
            }
            else if (!subscribers.TryAdd(parts[0], consumers))
            {
                metadata.Reject("declaredSubscribers", $"topic '{parts[0]}' is listed twice");
            }
        }

        return subscribers;
    }
}
