using System.Text.Json;

namespace Sidecar;

/// <summary>
/// Texts out of parsed JSON. The parser lets bytes pass that are no UTF-8, and escaped halves of surrogate pairs: they show
/// only when a name or text is read, as <see cref="InvalidOperationException"/>. Here such a text counts as absent.
/// </summary>
internal static class JsonTexts
{
    /// <summary>The text of a member; null when there is none, or it is no text.</summary>
    public static string? TextOf(this JsonElement source, string name)
    {
        try
        {
            return source.TryGetProperty(name, out var value) ? value.AsText() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null when the value is no text.</summary>
    public static string? AsText(this JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
