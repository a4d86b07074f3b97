using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Inventory.Stock;

/// <summary>
/// A batch as JSON that was written once: the same bytes lie in the bucket's document and become its log entry. Every swap reads the one before in
/// the document, and only a replica that fell behind parses it.
/// </summary>
[JsonConverter(typeof(Converter))]
internal sealed class EncodedBatch
{
    private readonly ReadOnlyMemory<byte> _json;
    private StockBatch? _batch;

    private EncodedBatch(ReadOnlyMemory<byte> json, StockBatch? batch) => (_json, _batch) = (json, batch);

    public static EncodedBatch Of(StockBatch batch) => new(JsonSerializer.SerializeToUtf8Bytes(batch, ShopJson.Documents), batch);

    /// <summary>Throws <see cref="JsonException"/> when it is no batch.</summary>
    public StockBatch Decode() =>
        _batch ??= JsonSerializer.Deserialize<StockBatch>(_json.Span, ShopJson.Documents) ?? throw new JsonException("A batch must be a JSON object.");

    private sealed class Converter : JsonConverter<EncodedBatch>
    {
        public override EncodedBatch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            return new EncodedBatch(JsonMarshal.GetRawUtf8Value(value.RootElement).ToArray(), batch: null);
        }

        // A serializer wrote them, or a reader went through them: there is nothing to check.
        public override void Write(Utf8JsonWriter writer, EncodedBatch value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value._json.Span, skipInputValidation: true);
    }
}
