namespace Sidecar.Configuration;

/// <summary>One metadata item as written: either its text, or the secret that holds it.</summary>
internal sealed record ComponentMetadataItem(string Name, string Value, SecretReference? Secret, int Line, string Path);

internal sealed record SecretReference(string Name, string Key);

/// <summary>A Component document before its secrets are read: secret stores have to be initialised first.</summary>
/// <param name="SecretStore">The component named by auth.secretStore.</param>
internal sealed record ComponentDocument(
    string Name,
    string Type,
    string Version,
    IReadOnlyList<ComponentMetadataItem> Metadata,
    bool IgnoreErrors,
    TimeSpan InitTimeout,
    string? SecretStore,
    string File,
    int Line,
    int TypeLine,
    int VersionLine)
{
    public static readonly TimeSpan DefaultInitTimeout = TimeSpan.FromSeconds(5);

    /// <summary>All that decides what the component is, as written: documents with the same are the same.</summary>
    public string Content { get; init; } = "";

    public bool HasSecrets => Metadata.Any(item => item.Secret is not null);

    public bool IsSecretStore => Type.StartsWith("secretstores.", StringComparison.OrdinalIgnoreCase);

    /// <summary>Meant for actors, workflows and jobs. By the member's presence: its value may come from a secret.</summary>
    public bool IsMarkedForActors =>
        Type.StartsWith("state.", StringComparison.OrdinalIgnoreCase)
        && Metadata.Any(item => item.Name.Equals("actorStateStore", StringComparison.OrdinalIgnoreCase));
}
