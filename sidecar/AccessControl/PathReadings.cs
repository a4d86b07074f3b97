using Sidecar.Invocation;

namespace Sidecar.AccessControl;

/// <summary>The paths that an app might take a path for.</summary>
internal static class PathReadings
{
    public static IReadOnlyCollection<string> Of(string path)
    {
        var readings = new HashSet<string>(StringComparer.Ordinal);
        for (var reading = path; ; reading = Uri.UnescapeDataString(reading))
        {
            // Every round removes escapes, so there are only as many as the path is long.
            var isNew = readings.Add(Clean(reading));
            readings.Add(Clean(WithoutParameters(reading)));
            readings.Add(Clean(reading.Replace('\\', '/')));
            if (!isNew || !reading.Contains('%', StringComparison.Ordinal))
            {
                return readings;
            }
        }
    }

    private static string Clean(string path) => $"/{TargetPath.Clean(path)}";

    private static string WithoutParameters(string path) =>
        string.Join('/', path.Split('/').Select(segment => segment.IndexOf(';', StringComparison.Ordinal) is >= 0 and var at ? segment[..at] : segment));
}
