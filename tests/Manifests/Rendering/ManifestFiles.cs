namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>The files below the root of the repository; some may be replaced, as a change that was not written.</summary>
/// <param name="changed">By path, with forward slashes.</param>
internal sealed class ManifestFiles(IReadOnlyDictionary<string, string>? changed = null)
{
    public string Read(string path) => changed?.GetValueOrDefault(path) ?? Repository.Read(path);

    public static bool IsFolder(string path) => Directory.Exists(Path.Combine(Repository.Root, path));

    /// <summary>A path as a file in a folder names it, without its ".." and ".".</summary>
    public static string Combine(string folder, string path)
    {
        var parts = new List<string>();
        foreach (var part in $"{folder}/{path}".Split('/'))
        {
            if (part == "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }
}
