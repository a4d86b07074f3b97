using System.Text;

namespace Dapr.Client.Http;

/// <summary>Composes path and query of an API call, every part percent-encoded.</summary>
internal sealed class SidecarPath(string route)
{
    private readonly StringBuilder _text = new(route, 128);
    private char _separator = '?';

    public static SidecarPath To(string route) => new(route);

    public SidecarPath Segment(string value)
    {
        // A dot segment is resolved away by every HTTP stack, even when its dots are percent-encoded.
        if (value is "." or "..")
        {
            throw new DaprException($"The name '{value}' cannot be sent: it would be taken for a relative path.");
        }

        _text.Append('/').Append(Uri.EscapeDataString(value));
        return this;
    }

    /// <summary>Adds a name whose slashes separate segments, as topics may have.</summary>
    public SidecarPath Segments(string value)
    {
        foreach (var segment in value.Split('/'))
        {
            Segment(segment);
        }

        return this;
    }

    public SidecarPath Query(string name, string? value)
    {
        if (value is not null)
        {
            _text.Append(_separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            _separator = '&';
        }

        return this;
    }

    public SidecarPath Metadata(IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        foreach (var (name, value) in metadata ?? [])
        {
            Query("metadata." + name, value);
        }

        return this;
    }

    public override string ToString() => _text.ToString();
}
