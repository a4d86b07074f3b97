namespace Sidecar.Components.Secrets.LocalFile;

/// <summary>secretstores.local.file: a JSON file, read once at the start.</summary>
internal sealed class LocalFileSecretStore(LocalFileSecretOptions options, ComponentContext context) : ISecretStore
{
    private IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> _secrets =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = LocalFileSecretOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new LocalFileSecretStore(options, context) : null;
    }

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        var path = FindFile();
        try
        {
            _secrets = SecretsDocument.Parse(await File.ReadAllBytesAsync(path, cancellationToken), options);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            throw new ComponentException(ComponentFault.Failed, $"secrets file {path}: {failure.Message}", failure);
        }
    }

    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken) =>
        _secrets.TryGetValue(name, out var secret)
            ? Task.FromResult(secret)
            : Task.FromException<IReadOnlyDictionary<string, string>>(
                new ComponentException(ComponentFault.Failed, $"secret {name} not found"));

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken) =>
        Task.FromResult(_secrets);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string FindFile()
    {
        var candidates = Path.IsPathRooted(options.SecretsFile)
            ? [options.SecretsFile]
            : context.SecretDirectories.Select(directory => Path.GetFullPath(options.SecretsFile, Path.GetFullPath(directory))).ToList();
        return candidates.Find(File.Exists) ?? throw new ComponentException(
            ComponentFault.Failed, $"secrets file not found: {string.Join(", ", candidates)}");
    }
}
