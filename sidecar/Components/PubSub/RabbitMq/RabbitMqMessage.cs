using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using Sidecar.Clients.RabbitMq;
using Sidecar.Configuration;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>Between the sidecar's metadata and AMQP's message properties, as daprd maps them.</summary>
internal static class RabbitMqMessage
{
    private const string DefaultContentType = "text/plain";

    /// <summary>A lifetime or priority that cannot be read is left out with a warning, as with daprd.</summary>
    public static BasicProperties Properties(OutgoingMessage message, RabbitMqPubSubOptions options, Action<string, string> warn)
    {
        var metadata = message.Metadata;
        var properties = new BasicProperties { ContentType = Short(metadata, "contentType") ?? DefaultContentType };
        if (options.DeliveryMode > 0)
        {
            properties.DeliveryMode = (DeliveryModes)options.DeliveryMode;
        }

        if ((TimeToLive(metadata, warn) ?? options.TimeToLive) is { } lifetime)
        {
            properties.Expiration = Expiration(lifetime);
        }

        if (Priority(metadata, warn) is > 0 and var priority)
        {
            properties.Priority = priority;
        }

        properties.MessageId = Short(metadata, "messageID");
        properties.CorrelationId = Short(metadata, "correlationID");
        properties.Type = Short(metadata, "type");
        return properties;
    }

    /// <summary>The keys begin with "metadata.", as daprd names them.</summary>
    public static Dictionary<string, string> Metadata(IReadOnlyBasicProperties properties)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("messageid", properties.MessageId);
        Add("correlationid", properties.CorrelationId);
        Add("type", properties.Type);
        Add("contenttype", properties.ContentType);
        foreach (var (name, value) in properties.Headers ?? new Dictionary<string, object?>())
        {
            // Ours is no part of the message.
            if (value is not null && name != PublishChannel.NumberHeader)
            {
                metadata[$"metadata.{name}"] = Text(value);
            }
        }

        return metadata;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                metadata[$"metadata.{name}"] = value;
            }
        }
    }

    // The broker closes the channel over a longer one, and with it fails everybody's messages on it.
    private static string Expiration(TimeSpan lifetime) => lifetime.TotalMilliseconds <= uint.MaxValue
        ? ((long)lifetime.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)
        : throw new ComponentException(ComponentFault.BadRequest, "rabbitmq: the time to live is longer than the broker's 49 days");

    private static TimeSpan? TimeToLive(IReadOnlyDictionary<string, string> metadata, Action<string, string> warn)
    {
        if ((Find(metadata, "ttl") ?? Find(metadata, "ttlInSeconds")) is not { } text)
        {
            return null;
        }

        if (GoDuration.TryParse(text, out var duration))
        {
            return duration < TimeSpan.Zero ? TimeSpan.Zero : duration;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
        {
            return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond));
        }

        warn("ttlInSeconds", text);
        return null;
    }

    private static byte? Priority(IReadOnlyDictionary<string, string> metadata, Action<string, string> warn)
    {
        if (metadata.GetValueOrDefault("priority") is not { Length: > 0 } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var priority))
        {
            return (byte)Math.Clamp(priority, byte.MinValue, byte.MaxValue);
        }

        warn("priority", text);
        return null;
    }

    private static string? Short(IReadOnlyDictionary<string, string> metadata, string name)
    {
        var text = Find(metadata, name);
        QueuePlan.CheckLength($"metadata {name}", text ?? "");
        return text;
    }

    private static string? Find(IReadOnlyDictionary<string, string> metadata, string name)
    {
        foreach (var (key, value) in metadata)
        {
            if (value.Length > 0 && key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    // Tables and lists in Go's notation, which apps of daprd see.
    private static string Text(object? value) => value switch
    {
        null => "<nil>",
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        bool flag => flag ? "true" : "false",
        AmqpTimestamp time => DateTimeOffset.FromUnixTimeSeconds(time.UnixTime).ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture),
        IDictionary<string, object?> table => $"map[{string.Join(' ', table.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => $"{item.Key}:{Text(item.Value)}"))}]",
        System.Collections.IList list => $"[{string.Join(' ', list.Cast<object?>().Select(Text))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
