using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DaprShop.Payment.Webhooks;

/// <summary>
/// <c>Provider-Signature: t=&lt;unix seconds&gt;,v1=&lt;hex&gt;[,v1=&lt;hex&gt;]</c> where each v1 is HMAC-SHA256 over <c>"{t}.{raw body}"</c>.
/// Several keys are valid while the provider rotates them.
/// </summary>
internal static class WebhookSignature
{
    public const string Header = "Provider-Signature";

    /// <summary>How far the timestamp may lie from now, either way: an old recording cannot be replayed.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    public static bool IsValid(string? header, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        if (!TryParse(header, out var timestamp, out var signatures)
            || (now - DateTimeOffset.FromUnixTimeSeconds(timestamp)).Duration() > Tolerance)
        {
            return false;
        }

        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{timestamp}."));
        var valid = false;
        foreach (var secret in secrets)
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
            hmac.AppendData(signed);
            hmac.AppendData(body);
            var expected = hmac.GetHashAndReset();

            // Every candidate is compared, in constant time: the answer's delay tells nothing about which byte differed.
            foreach (var signature in signatures)
            {
                valid |= CryptographicOperations.FixedTimeEquals(expected, signature);
            }
        }

        return valid;
    }

    private static bool TryParse(string? header, out long timestamp, out List<byte[]> signatures)
    {
        timestamp = 0;
        signatures = [];
        var timestamps = 0;
        foreach (var part in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("t=", StringComparison.Ordinal))
            {
                timestamps++;
                if (!long.TryParse(part.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out timestamp)
                    || timestamp > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
                {
                    return false;
                }
            }
            else if (part.StartsWith("v1=", StringComparison.Ordinal) && part.Length == 3 + (2 * SHA256.HashSizeInBytes))
            {
                try
                {
                    signatures.Add(Convert.FromHexString(part.AsSpan(3)));
                }
                catch (FormatException)
                {
                    return false;
                }
            }
        }

        return timestamps == 1 && signatures.Count > 0;
    }
}
