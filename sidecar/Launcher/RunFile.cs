namespace Sidecar.Launcher;

/// <summary>Where <c>-f</c> points: a file, a folder with a dapr.yaml, or standard input.</summary>
internal sealed record RunFile(string? Path, string Directory)
{
    public const string DefaultName = "dapr.yaml";

    /// <summary>How run records and messages call it.</summary>
    public string Key => Path is null ? "stdin" : System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Null with the reason when there is no such file.</summary>
    public static RunFile? Find(string? named, out string problem)
    {
        problem = "";
        if (named == "-")
        {
            return new RunFile(null, Environment.CurrentDirectory);
        }

        var path = System.IO.Path.GetFullPath(named ?? DefaultName);
        if (System.IO.Directory.Exists(path))
        {
            path = System.IO.Path.Combine(path, DefaultName);
        }

        if (File.Exists(path))
        {
            return new RunFile(path, System.IO.Path.GetDirectoryName(path)!);
        }

        problem = named is null
            ? $"there is no {DefaultName} in {Environment.CurrentDirectory}; name one with -f"
            : $"there is no {path}";
        return null;
    }

    public async Task<string> ReadAsync(CancellationToken cancellationToken) => Path is null
        ? await Console.In.ReadToEndAsync(cancellationToken)
        : await File.ReadAllTextAsync(Path, cancellationToken);
}
