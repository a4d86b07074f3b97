using System.Globalization;
using Sidecar.Configuration;

namespace Sidecar.Components;

/// <summary>
/// Reads spec.metadata of one component: names in any case, values as daprd parses them. Every mistake is added to
/// the errors and reading goes on with the default, so that one start shows them all.
/// </summary>
internal sealed class ComponentMetadata(ComponentSpec spec, ICollection<string> errors)
{
    // Read by the runtime whatever the driver (dapr-contract.md 4.4, 5.8, 6, 8).
    private static readonly string[] RuntimeNames =
    [
        "keyPrefix", "actorStateStore", "primaryEncryptionKey", "secondaryEncryptionKey",
        "outboxPublishPubsub", "outboxPublishTopic", "outboxPubsub", "outboxDiscardWhenMissingState",
        "publishingScopes", "subscriptionScopes", "allowedTopics", "protectedTopics", "consumerID",
    ];

    private readonly Dictionary<string, string> _values = new(spec.Metadata, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _known = new(RuntimeNames, StringComparer.OrdinalIgnoreCase);

    /// <summary>Names that nothing read: probably misspelt. Ask after all members were read.</summary>
    public IReadOnlyList<string> Unknown => [.. _values.Keys.Where(name => !_known.Contains(name))];

    public string? Text(string name, params ReadOnlySpan<string> aliases)
    {
        _known.Add(name);
        var value = _values.GetValueOrDefault(name);
        foreach (var alias in aliases)
        {
            _known.Add(alias);
            value ??= _values.GetValueOrDefault(alias);
        }

        return string.IsNullOrEmpty(value) ? null : value;
    }

    public string Required(string name, params ReadOnlySpan<string> aliases)
    {
        var value = Text(name, aliases);
        if (value is null)
        {
            Reject(name, "is required");
        }

        return value ?? "";
    }

    /// <summary>Dapr's "truthy" words; anything else is false.</summary>
    public bool Flag(string name, params ReadOnlySpan<string> aliases) =>
        Text(name, aliases)?.ToUpperInvariant() is "TRUE" or "T" or "1" or "Y" or "YES" or "ON";

    public int Number(string name, int fallback, int minimum)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= minimum)
        {
            return number;
        }

        Reject(name, $"'{text}' is not a whole number of {minimum} or more");
        return fallback;
    }

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan minimum, TimeSpan bareUnit, params ReadOnlySpan<string> aliases)
    {
        if (Text(name, aliases) is not { } text)
        {
            return fallback;
        }

        if (!GoDuration.TryParse(text, bareUnit, out var duration))
        {
            Reject(name, $"'{text}' is not a duration such as 500ms, 20s or 1m30s");
            return fallback;
        }

        if (duration < minimum)
        {
            Reject(name, $"'{text}' is less than {minimum.TotalMilliseconds}ms");
            return fallback;
        }

        return duration;
    }

    public void Reject(string name, string why) => errors.Add($"spec.metadata.{name}: {why}");
}
