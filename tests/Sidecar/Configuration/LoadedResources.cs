using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

/// <summary>Loads documents from a folder of their own; errors are shown with the bare file name.</summary>
internal sealed class LoadedResources
{
    private readonly List<ConfigurationError> _errors = [];

    public required SidecarResources Resources { get; init; }

    public IEnumerable<string> Errors => _errors.Select(Show);

    public IEnumerable<string> Warnings => Resources.Warnings.Select(Show);

    public static LoadedResources Load(params (string File, string Text)[] files) => Load(new ReaderSetup(), files);

    public static LoadedResources Load(ReaderSetup setup, params (string File, string Text)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("resources-test-").FullName;
        try
        {
            foreach (var (file, text) in files)
            {
                var path = Path.Combine(folder, file);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
            }

            var errors = new List<ConfigurationError>();
            var scope = new ResourceScope(setup.AppId, setup.Namespace, name => setup.Environment.GetValueOrDefault(name), () => "fresh-id");
            var resources = new ResourceLoader(scope, errors).Load([folder], setup.ConfigFiles.Select(file => Path.Combine(folder, file)));
            var loaded = new LoadedResources { Resources = resources };
            loaded._errors.AddRange(errors);
            return loaded;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Show(ConfigurationError error) => (error with { File = Path.GetFileName(error.File) }).ToString();
}

internal sealed record ReaderSetup
{
    public string AppId { get; init; } = "app";

    public string? Namespace { get; init; }

    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Names of files given to --config.</summary>
    public string[] ConfigFiles { get; init; } = [];
}
