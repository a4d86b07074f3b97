using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaprShop.Contracts.Inventory;

/// <summary>
/// An order's content as JSON that was written once. It goes through commands, stock entries and log records as these bytes; what is asked of every
/// order on its way lies beside them, and only who needs the rest parses it. In JSON it looks like the <see cref="OrderContent"/> it was made of.
/// </summary>
[JsonConverter(typeof(EncodedOrderConverter))]
public sealed class EncodedOrder
{
    private OrderContent? _content;

    private EncodedOrder(ReadOnlyMemory<byte> json, string orderId, string userId, string bodyHash, string? saleId, OrderContent? content)
    {
        (Json, OrderId, UserId, BodyHash, SaleId, _content) = (json, orderId, userId, bodyHash, saleId, content);
    }

    /// <summary>UTF-8; one JSON object.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public string OrderId { get; }

    public string UserId { get; }

    public string BodyHash { get; }

    public string? SaleId { get; }

    public static EncodedOrder Of(OrderContent content, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(content);
        return new EncodedOrder(
            JsonSerializer.SerializeToUtf8Bytes(content, options), content.OrderId, content.UserId, content.BodyHash, content.SaleId, content);
    }

    /// <summary>
    /// Takes the value the reader stands on out of the text it reads. Throws <see cref="JsonException"/> when it is no order.
    /// </summary>
    /// <param name="reader">Stands on the value's first token; afterwards on its last.</param>
    /// <param name="text">All that the reader was given, which is copied from and not kept.</param>
    public static EncodedOrder Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An order must be a JSON object.");
        }

        var start = (int)reader.TokenStartIndex;
        string? orderId = null, userId = null, bodyHash = null, saleId = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("orderId"u8))
            {
                orderId = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("userId"u8))
            {
                userId = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("bodyHash"u8))
            {
                bodyHash = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("saleId"u8))
            {
                saleId = ReadText(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return new EncodedOrder(
            text[start..(int)reader.BytesConsumed].ToArray(),
            orderId ?? throw Missing("orderId"),
            userId ?? throw Missing("userId"),
            bodyHash ?? throw Missing("bodyHash"),
            saleId,
            content: null);
    }

    /// <summary>The whole content; parsed when it is asked for first. Throws <see cref="JsonException"/> when it is none.</summary>
    public OrderContent Decode(JsonSerializerOptions options) =>
        _content ??= JsonSerializer.Deserialize<OrderContent>(Json.Span, options) ?? throw new JsonException("An order must be a JSON object.");

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType is JsonTokenType.String or JsonTokenType.Null
            ? reader.GetString()
            : throw new JsonException("A member of an order that must be text is not.");
    }

    private static JsonException Missing(string member) => new($"An order has no {member}.");
}
