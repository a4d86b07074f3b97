using System.Globalization;
using Sidecar.Configuration;

namespace Sidecar.PubSub.Publishing;

/// <summary>The metadata entries of a publish or subscribe request that mean something to the sidecar itself.</summary>
internal static class PublishMetadata
{
    private const string RawPayload = "rawPayload";

    /// <summary>False with an <paramref name="error"/> in daprd's words when the value is no boolean.</summary>
    public static bool TryGetRawPayload(IReadOnlyDictionary<string, string> metadata, out bool isRaw, out string error)
    {
        error = "";
        var text = metadata.GetValueOrDefault(RawPayload, "");
        isRaw = text is "1" or "t" or "T" or "TRUE" or "true" or "True";
        if (isRaw || text is "" or "0" or "f" or "F" or "FALSE" or "false" or "False")
        {
            return true;
        }

        error = $"{RawPayload} value must be a valid boolean: actual is '{text}'";
        return false;
    }

    /// <summary>Null when there is none, or one that cannot be read: daprd then publishes without it.</summary>
    public static TimeSpan? TimeToLive(IReadOnlyDictionary<string, string> metadata)
    {
        var text = Find(metadata, "ttl") ?? Find(metadata, "ttlInSeconds");
        if (text is null)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds <= 0 ? null : TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond));
        }

        return GoDuration.TryParse(text, out var duration) ? duration < TimeSpan.Zero ? TimeSpan.Zero : duration : null;
    }

    /// <summary>The envelope's override of this name, such as cloudevent.id; null when absent or empty.</summary>
    public static string? Override(IReadOnlyDictionary<string, string> metadata, string attribute) =>
        metadata.Count == 0 ? null : Find(metadata, $"cloudevent.{attribute}") is { Length: > 0 } value ? value : null;

    private static string? Find(IReadOnlyDictionary<string, string> metadata, string name)
    {
        foreach (var (key, value) in metadata)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }
}
