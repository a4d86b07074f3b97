using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>
/// A place in a list, opaque to the client: base64url over a JSON array whose first element names the list's kind,
/// so that a cursor of one list is refused by another.
/// </summary>
public static class Cursor
{
    private const int MaxLength = 1024;

    public static string Encode(string kind, params ReadOnlySpan<string> parts) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes<string[]>([kind, .. parts]));

    /// <param name="count">How many parts a cursor of this kind has.</param>
    public static bool TryDecode(string text, string kind, int count, [NotNullWhen(true)] out string[]? parts)
    {
        parts = null;
        if (text.Length is 0 or > MaxLength || !Base64Url.IsValid(text))
        {
            return false;
        }

        try
        {
            var decoded = JsonSerializer.Deserialize<string?[]>(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)));
            if (decoded is null || decoded.Length != count + 1 || decoded[0] != kind || decoded.Contains(null))
            {
                return false;
            }

            parts = decoded[1..]!;
            return true;
        }
        catch (JsonException)
        {
            // Anything a client made up ends here; the caller answers 400.
            return false;
        }
    }
}
