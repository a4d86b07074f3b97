using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>
/// A message as a Kafka record, both ways, as Dapr's component lays it out: the value is the event's bytes, metadata
/// entries are headers, two of them also choose key and partition.
/// </summary>
internal static class KafkaRecord
{
    private const string PartitionKey = "partitionKey";
    private const string Key = "__key";
    private const string PartitionNumber = "partitionNumber";
    private const string SchemaType = "valueSchemaType";

    // The zero time of Go, which is what daprd says of records that carry none.
    private const string NoTimestamp = "-62135596800000";

    // An event that is the JSON null is Kafka's tombstone, and the other way round.
    private static ReadOnlySpan<byte> Null => "null"u8;

    /// <summary>Throws <see cref="ComponentException"/> for metadata that cannot be followed.</summary>
    public static (TopicPartition Target, Message<byte[]?, byte[]?> Record) Write(OutgoingMessage message, KafkaPubSubOptions options)
    {
        TopicName.Check(message.Topic);
        var partition = Partition.Any;
        var record = new Message<byte[]?, byte[]?> { Value = Value(message.Data) };
        if (message.Metadata.Count > 0)
        {
            RefuseSchema(message.Metadata);
            record.Headers = [];
            foreach (var (name, value) in message.Metadata)
            {
                if (name is PartitionKey or Key)
                {
                    record.Key = Encoding.UTF8.GetBytes(value);
                }
                else if (name is PartitionNumber)
                {
                    partition = ParsePartition(value);
                }

                if (options.ExcludedHeaders?.IsMatch(name) is not true)
                {
                    record.Headers.Add(name, Encoding.UTF8.GetBytes(value));
                }
            }
        }

        return (new TopicPartition(message.Topic, partition), record);
    }

    public static IncomingMessage Read(ConsumeResult<byte[]?, byte[]?> result, KafkaPubSubOptions options)
    {
        var record = result.Message;
        var metadata = new Dictionary<string, string>((record.Headers?.Count ?? 0) + 5, StringComparer.Ordinal);
        if (record.Key is { } key)
        {
            metadata[Key] = Text(key, options);
        }

        metadata["__offset"] = result.Offset.Value.ToString(CultureInfo.InvariantCulture);
        metadata["__topic"] = result.Topic;
        metadata["__timestamp"] = record.Timestamp.Type == TimestampType.NotAvailable
            ? NoTimestamp
            : record.Timestamp.UnixTimestampMs.ToString(CultureInfo.InvariantCulture);
        metadata["__partition"] = result.Partition.Value.ToString(CultureInfo.InvariantCulture);
        foreach (var header in (IEnumerable<IHeader>?)record.Headers ?? [])
        {
            if (options.ExcludedHeaders?.IsMatch(header.Key) is not true)
            {
                metadata[header.Key] = Text(header.GetValueBytes() ?? [], options);
            }
        }

        return new IncomingMessage(result.Topic, record.Value ?? Null.ToArray(), null, metadata);
    }

    private static byte[]? Value(ReadOnlyMemory<byte> data)
    {
        if (data.Span.SequenceEqual(Null))
        {
            return null;
        }

        // The client copies it before PublishAsync returns control, so a whole array need not be copied here too.
        return MemoryMarshal.TryGetArray(data, out var segment) && segment.Array is { } array && segment.Count == array.Length
            ? array
            : data.ToArray();
    }

    private static Partition ParsePartition(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Partition(number)
            : throw new ComponentException(
                ComponentFault.BadRequest, $"kafka: metadata {PartitionNumber} '{text}' is not a partition's number (0 or more)");

    internal static void RefuseSchema(IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, value) in metadata)
        {
            if (name.Equals(SchemaType, StringComparison.OrdinalIgnoreCase) && !value.Equals("none", StringComparison.OrdinalIgnoreCase))
            {
                throw new ComponentException(
                    ComponentFault.Unsupported, $"kafka: metadata {SchemaType} '{value}' needs a schema registry, which this sidecar does not support");
            }
        }
    }

    // As Go's query escaping: what a header of HTTP cannot carry is written %XX, a blank as a plus.
    private static string Text(byte[] bytes, KafkaPubSubOptions options)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return options.EscapeHeaders ? Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal) : text;
    }
}
