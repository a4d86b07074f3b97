using System.Text;
using System.Text.RegularExpressions;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>
/// Looks for texts in bytes of any format: as they are in any case, and in base64 and hexadecimal wherever they begin. Texts of letters and
/// digits are the same in JSON and in addresses.
/// </summary>
internal sealed partial class CanaryScan
{
    private const int Context = 60;

    private readonly List<byte[]> _anyCase = [];
    private readonly List<byte[]> _exact = [];

    public CanaryScan(params IEnumerable<string> needles)
    {
        foreach (var needle in needles)
        {
            var bytes = Encoding.UTF8.GetBytes(needle);
            _anyCase.Add(Encoding.UTF8.GetBytes(needle.ToLowerInvariant()));
            _anyCase.Add(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
            _anyCase.Add(Encoding.UTF8.GetBytes(Uri.EscapeDataString(needle).ToLowerInvariant()));
            _exact.AddRange(Enumerable.Range(0, 3).SelectMany(offset => Base64(bytes, offset)));
        }
    }

    /// <returns>One line per find: where, and what stands around it.</returns>
    public IReadOnlyList<string> Find(string channel, ReadOnlySpan<byte> bytes)
    {
        var found = new List<string>();
        var lower = bytes.ToArray();
        foreach (ref var value in lower.AsSpan())
        {
            value = value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
        }

        foreach (var needle in _anyCase)
        {
            Find(channel, lower, bytes, needle, found);
        }

        foreach (var needle in _exact)
        {
            Find(channel, bytes, bytes, needle, found);
        }

        return [.. found.Distinct()];
    }

    private static void Find(string channel, ReadOnlySpan<byte> searched, ReadOnlySpan<byte> shown, byte[] needle, List<string> found)
    {
        for (var from = 0; searched[from..].IndexOf(needle) is >= 0 and var at; from += at + needle.Length)
        {
            var start = Math.Max(0, from + at - Context);
            var end = Math.Min(shown.Length, from + at + needle.Length + Context);
            found.Add($"{channel}: {Unprintable().Replace(Encoding.UTF8.GetString(shown[start..end]), "·")}");
        }
    }

    /// <summary>
    /// What base64, of both alphabets, makes of the text when so many bytes of something else stand before it: the characters that hold a bit
    /// of a neighbour are left out.
    /// </summary>
    private static IEnumerable<byte[]> Base64(byte[] needle, int offset)
    {
        var text = Convert.ToBase64String([.. new byte[offset], .. needle]).TrimEnd('=');
        var first = (offset * 8 + 5) / 6;
        var whole = (offset + needle.Length) * 8 / 6;
        var inner = text[first..whole];
        yield return Encoding.ASCII.GetBytes(inner);
        yield return Encoding.ASCII.GetBytes(inner.Replace('+', '-').Replace('/', '_'));
    }

    [GeneratedRegex(@"[^\x20-\x7E]+")]
    private static partial Regex Unprintable();
}
