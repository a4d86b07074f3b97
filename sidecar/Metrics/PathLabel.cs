using Sidecar.Configuration;

namespace Sidecar.Metrics;

/// <summary>
/// The path label of a request. Every value is kept until the sidecar ends, so what differs from call to call, a key or an id, is cut
/// off; with increasedCardinality off only the templates of pathMatching remain.
/// </summary>
internal sealed class PathLabel(MetricsSpec spec)
{
    private readonly List<string[]> _templates =
    [
        .. spec.PathMatching
            .Select(template => $"/{template.Trim('/')}")
            .SelectMany(template => template.StartsWith("/v1.0/invoke/", StringComparison.Ordinal) ? [template] : new[] { template, $"/v1.0/invoke/{{app_id}}/method{template}" })
            .Distinct(StringComparer.Ordinal)
            .Select(template => template[1..].Split('/'))
            .OrderByDescending(template => template.Count(segment => !IsWild(segment))),
    ];

    public string Of(string path)
    {
        if (_templates.Count > 0 && Match(path) is { } template)
        {
            return template;
        }

        return spec.IncreasedCardinality ? Shorten(path) : "";
    }

    private string? Match(string path)
    {
        var segments = path.TrimStart('/').Split('/');
        return _templates.Find(template => template.Length == segments.Length
            && template.Zip(segments).All(pair => IsWild(pair.First) || pair.First == pair.Second)) is { } found
            ? $"/{string.Join('/', found)}"
            : null;
    }

    private static bool IsWild(string segment) => segment.StartsWith('{') && segment.EndsWith('}');

    private static string Shorten(string path)
    {
        var parts = path.TrimStart('/').Split('/', 6);
        return (parts.Length > 2 ? parts[1] : "") switch
        {
            "state" or "secrets" => Join(parts[..3]),
            "actors" when parts.Length > 4 => Join([.. parts[..3], "{id}", parts[4]]),
            "workflows" when parts.Length > 4 && parts[4] == "start" => Join(parts[..5]),
            "workflows" when parts.Length == 6 && parts[4] == "raiseEvent" => Join([.. parts[..3], "{instanceId}", parts[4], "{eventName}"]),
            "workflows" when parts.Length > 3 => Join([.. parts[..3], "{instanceId}", .. parts[4..Math.Min(5, parts.Length)]]),
            _ => path,
        };
    }

    private static string Join(string[] parts) => $"/{string.Join('/', parts)}";
}
