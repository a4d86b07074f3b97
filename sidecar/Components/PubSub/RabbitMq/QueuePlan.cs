using System.Globalization;
using System.Text;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>
/// One consumer's queue with everything that daprd declares around it: the topic's exchange, the bindings and the pair
/// for the broker's own dead-lettering. The broker refuses a second declaration that differs in anything, so names and
/// arguments must be daprd's to the last one.
/// </summary>
internal sealed record QueuePlan(
    string Topic, string Queue, IReadOnlyDictionary<string, object?> Arguments, IReadOnlyList<string> RoutingKeys, DeadLetterPlan? DeadLetter)
{
    private const int LongestName = 255;

    /// <param name="metadata">Of the subscription; read as daprd does, in the exact spelling.</param>
    public static QueuePlan For(RabbitMqPubSubOptions options, string topic, string consumer, IReadOnlyDictionary<string, string> metadata)
    {
        var queue = metadata.GetValueOrDefault("queueName") is { Length: > 0 } given ? given : $"{consumer}-{topic}";
        CheckLength("topic", topic);
        // The dead-letter names put four characters before it.
        CheckLength("queue name", options.EnableDeadLetter ? $"dlx-{queue}" : queue);
        var deadLetter = options.EnableDeadLetter ? DeadLetterPlan.For(options, queue) : null;
        var arguments = Limits(options);
        if (deadLetter is not null)
        {
            arguments["x-dead-letter-exchange"] = deadLetter.Exchange;
        }

        if (Number(metadata, "maxPriority") is { } priority)
        {
            arguments["x-max-priority"] = (byte)Math.Min(priority, byte.MaxValue);
        }

        arguments["x-queue-type"] = QueueType(options, metadata);
        if (IsTruthy(metadata.GetValueOrDefault("singleActiveConsumer")))
        {
            arguments["x-single-active-consumer"] = true;
        }

        if (Number(metadata, "maxLenBytes") is { } bytes)
        {
            arguments["x-max-length-bytes"] = bytes;
        }

        if (Number(metadata, "maxLen") is { } length)
        {
            arguments["x-max-length"] = length;
        }

        return new QueuePlan(topic, queue, arguments, metadata.GetValueOrDefault("routingKey", "").Split(','), deadLetter);
    }

    public static Dictionary<string, object?> Limits(RabbitMqPubSubOptions options)
    {
        var arguments = new Dictionary<string, object?>();
        if (options.MaxLen > 0)
        {
            arguments["x-max-length"] = options.MaxLen;
        }

        if (options.MaxLenBytes > 0)
        {
            arguments["x-max-length-bytes"] = options.MaxLenBytes;
        }

        return arguments;
    }

    public static void CheckLength(string what, string name)
    {
        if (Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            throw new ComponentException(ComponentFault.BadRequest, $"rabbitmq: {what} '{name}' is longer than {LongestName} bytes");
        }
    }

    private static string QueueType(RabbitMqPubSubOptions options, IReadOnlyDictionary<string, string> metadata) =>
        metadata.GetValueOrDefault("queueType", "") switch
        {
            "" => options.QueueType,
            RabbitMqPubSubOptions.Classic => RabbitMqPubSubOptions.Classic,
            RabbitMqPubSubOptions.Quorum => RabbitMqPubSubOptions.Quorum,
            var other => throw Bad("queueType", other, $"{RabbitMqPubSubOptions.Classic} or {RabbitMqPubSubOptions.Quorum}"),
        };

    private static long? Number(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.GetValueOrDefault(name) is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw Bad(name, text, "a whole number of 0 or more");

    private static bool IsTruthy(string? text) => text?.ToUpperInvariant() is "TRUE" or "T" or "1" or "Y" or "YES" or "ON";

    private static ComponentException Bad(string name, string value, string expected) =>
        new(ComponentFault.BadRequest, $"rabbitmq: metadata {name} of the subscription: '{value}' is not {expected}");
}

/// <summary>Where the broker itself puts what a subscription rejects; durable whatever the component says, as with daprd.</summary>
internal sealed record DeadLetterPlan(string Exchange, string Queue, IReadOnlyDictionary<string, object?> Arguments)
{
    public static DeadLetterPlan For(RabbitMqPubSubOptions options, string queue)
    {
        var arguments = QueuePlan.Limits(options);
        arguments["x-queue-mode"] = "lazy";
        return new DeadLetterPlan($"dlx-{queue}", $"dlq-{queue}", arguments);
    }
}
