using System.Text.Json;

namespace DaprShop.ServiceDefaults.Json;

public static class JsonTexts
{
    /// <returns>Null when it is no text, or text that no encoding has, such as half of a surrogate pair.</returns>
    public static string? TextOrNull(this JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
