using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaprShop.Contracts.Inventory;

/// <summary>Writes an order's bytes as they are, and keeps those it reads.</summary>
internal sealed class EncodedOrderConverter : JsonConverter<EncodedOrder>
{
    public override EncodedOrder Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // The reader does not give its text away; a document does.
        using var value = JsonDocument.ParseValue(ref reader);
        var text = JsonMarshal.GetRawUtf8Value(value.RootElement);
        var order = new Utf8JsonReader(text);
        order.Read();
        return EncodedOrder.Read(ref order, text);
    }

    // A serializer wrote them, or a reader went through them: there is nothing to check.
    public override void Write(Utf8JsonWriter writer, EncodedOrder value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Json.Span, skipInputValidation: true);
}
