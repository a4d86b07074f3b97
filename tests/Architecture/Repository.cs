namespace DaprShop.Tests;

/// <summary>The files of the repository as they lie on disk, build output left aside.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["artifacts", "bin", "obj", "node_modules", "dist", ".git", ".dapr", ".vs", ".idea", ".vscode", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static string PathTo(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(PathTo(path));

    /// <summary>Paths of all files below a folder that end so, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files(string folder, string ending)
    {
        var files = Walk(new DirectoryInfo(PathTo(folder)))
            .Where(file => file.EndsWith(ending, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();
        return files;
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder)
    {
        if (!folder.Exists)
        {
            return [];
        }

        var files = folder.EnumerateFiles().Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'));
        var folders = folder.EnumerateDirectories().Where(child => !NotOurs.Contains(child.Name));
        return files.Concat(folders.SelectMany(Walk));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DaprShop.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds DaprShop.sln.");
    }
}
