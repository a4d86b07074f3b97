using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Actors.Serialization;

/// <summary>Writes an id as a string, whatever its text looks like.</summary>
internal sealed class ActorIdJsonConverter : JsonConverter<ActorId>
{
    public override ActorId? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return string.IsNullOrWhiteSpace(text) ? throw new JsonException("An actor id is a string that is not blank.") : new ActorId(text);
    }

    public override void Write(Utf8JsonWriter writer, ActorId value, JsonSerializerOptions options) => writer.WriteStringValue(value.GetId());
}
