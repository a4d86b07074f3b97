using System.Buffers;
using System.Text;

namespace Sidecar.Invocation;

/// <summary>Paths as daprd treats them: decoded once, cleaned, and encoded again where a URL needs it.</summary>
internal static class TargetPath
{
    // RFC 3986 pchar and "/", less "%" which is handled apart; "?" starts a query that the caller put there on purpose.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/"u8);

    /// <summary>A relative URI of exactly this path; percent signs that start an escape stay as they are.</summary>
    public static Uri ToUri(string path)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var text = query < 0 ? Encode(path) : string.Concat(Encode(path[..query]), path.AsSpan(query));
        return new Uri(text.StartsWith('/') ? text : $"/{text}", UriKind.Relative);
    }

    /// <summary>
    /// The method of an invocation from the raw text of the request's path. Null with an <paramref name="error"/> for
    /// characters that would change the meaning of the URL once decoded.
    /// </summary>
    public static string? Normalize(string rawMethod, out string error)
    {
        var method = Decode(rawMethod);
        error = "";
        if (method.IndexOfAny(['#', '?']) >= 0 || method.Any(c => c is < ' ' or '\x7f'))
        {
            error = "invalid method: it contains a forbidden character";
            return null;
        }

        var cleaned = Clean(method);
        if (HasBrokenEscape(cleaned))
        {
            error = "invalid method: invalid URL escape";
            return null;
        }

        return Encode(cleaned);
    }

    public static string Decode(string raw) => Uri.UnescapeDataString(raw);

    // "." and ".." resolved, doubled and trailing slashes gone; nothing climbs above the root.
    internal static string Clean(string path)
    {
        var segments = new List<string>();
        foreach (var segment in path.Split('/'))
        {
            switch (segment)
            {
                case "" or ".":
                    break;
                case "..":
                    if (segments.Count > 0)
                    {
                        segments.RemoveAt(segments.Count - 1);
                    }

                    break;
                default:
                    segments.Add(segment);
                    break;
            }
        }

        return string.Join('/', segments);
    }

    private static bool HasBrokenEscape(string path)
    {
        for (var at = path.IndexOf('%', StringComparison.Ordinal); at >= 0; at = path.IndexOf('%', at + 1))
        {
            if (!IsEscape(path, at))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsEscape(string path, int at) =>
        at + 2 < path.Length && char.IsAsciiHexDigit(path[at + 1]) && char.IsAsciiHexDigit(path[at + 2]);

    private static string Encode(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (!bytes.AsSpan().ContainsAnyExcept(Plain))
        {
            return path;
        }

        var text = new StringBuilder(path.Length + 16);
        for (var at = 0; at < bytes.Length; at++)
        {
            var isEscape = bytes[at] == '%' && at + 2 < bytes.Length
                && char.IsAsciiHexDigit((char)bytes[at + 1]) && char.IsAsciiHexDigit((char)bytes[at + 2]);
            if (isEscape || Plain.Contains(bytes[at]))
            {
                text.Append((char)bytes[at]);
            }
            else
            {
                text.Append('%').Append(bytes[at].ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
