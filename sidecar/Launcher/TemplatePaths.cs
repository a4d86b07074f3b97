using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>
/// The path rules of dapr.yaml: <c>~/</c> is the user's folder, everything else is relative to a folder that depends on
/// where the member stands, and what does not exist is an error before anything starts.
/// </summary>
internal sealed record TemplatePaths(string TemplateDirectory, string Home)
{
    public string? ExistingDirectory(YamlMember member, string baseDirectory) => Existing(member, baseDirectory, Directory.Exists);

    public string? ExistingFile(YamlMember member, string baseDirectory) => Existing(member, baseDirectory, File.Exists);

    public IReadOnlyList<string> ExistingDirectories(YamlMember list, string baseDirectory) =>
        [.. list.Items().Select(item => ExistingDirectory(item, baseDirectory)).OfType<string>()];

    private string? Existing(YamlMember member, string baseDirectory, Func<string, bool> exists)
    {
        if (member.TextOrNull() is not { } text)
        {
            return null;
        }

        var path = Resolve(text, baseDirectory);
        if (exists(path))
        {
            return path;
        }

        member.Error($"'{text}' does not exist (looked for {path})");
        return null;
    }

    private string Resolve(string path, string baseDirectory)
    {
        var inHome = path == "~" || (path.StartsWith("~/", StringComparison.Ordinal) && !OperatingSystem.IsWindows());
        return Path.TrimEndingDirectorySeparator(inHome ? Path.GetFullPath(path[1..].TrimStart('/'), Home) : Path.GetFullPath(path, baseDirectory));
    }
}
