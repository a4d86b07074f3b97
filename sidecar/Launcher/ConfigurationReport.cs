using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>Configuration errors as a person reads them: each once, file by file, from top to bottom, with short paths.</summary>
internal static class ConfigurationReport
{
    public static string[] Lines(IEnumerable<ConfigurationError> errors) =>
        [.. errors.Distinct().GroupBy(error => error.File).SelectMany(file => file.OrderBy(error => error.Line)).Select(Line)];

    private static string Line(ConfigurationError error) =>
        (Path.IsPathRooted(error.File) ? error with { File = ReadyBlock.Short(error.File) } : error).ToString();
}
