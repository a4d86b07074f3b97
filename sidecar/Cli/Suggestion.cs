using Sidecar.Configuration;

namespace Sidecar.Cli;

/// <summary>The end of a message about a name nobody knows.</summary>
internal static class Suggestion
{
    /// <summary>Empty when no known name is close.</summary>
    public static string For(string written, IEnumerable<string> known) =>
        NearestName.Of(written, known) is { } name ? $"; did you mean '{name}'?" : "";
}
