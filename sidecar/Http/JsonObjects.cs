using System.Text.Json;

namespace Sidecar.Http;

/// <summary>
/// Walking a JSON object with <see cref="Utf8JsonReader"/>, for bodies whose values must survive byte for byte. Every
/// mistake is a <see cref="JsonException"/> or <see cref="FormatException"/> with words for the client.
/// </summary>
internal static class JsonObjects
{
    public static readonly JsonReaderOptions Deep = new() { MaxDepth = 1000 };

    public static void Start(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("the body is not a JSON object");
        }
    }

    public static void StartArray(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new FormatException("the body is not a JSON array");
        }
    }

    /// <summary>Moves to the next member's value; false at the end of the object.</summary>
    public static bool NextMember(ref Utf8JsonReader reader, out string name)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            name = "";
            return false;
        }

        name = Text(ref reader);
        reader.Read();
        return true;
    }

    /// <summary>The text of the value that the reader stands on, byte for byte; the reader moves past it.</summary>
    public static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body[start..(int)reader.BytesConsumed];
    }

    /// <summary>Nothing may follow the body's value.</summary>
    public static void End(ref Utf8JsonReader reader)
    {
        if (reader.Read())
        {
            throw new FormatException("there is something after the JSON value");
        }
    }

    public static string? Text(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.String => Text(ref reader),
        JsonTokenType.Null => null,
        _ => throw new FormatException($"\"{name}\" is not a string"),
    };

    /// <summary>The text or name that the reader stands on.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException mistake)
        {
            // The reader finds out only now: bytes that are not UTF-8, or half a surrogate pair.
            throw new FormatException("there is a text that is not Unicode", mistake);
        }
    }

    public static Dictionary<string, string>? TextMap(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException($"\"{name}\" is not an object");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (NextMember(ref reader, out var key))
        {
            map[key] = Text(ref reader, key) ?? "";
        }

        return map;
    }
}
