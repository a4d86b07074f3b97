namespace Sidecar.Components;

/// <summary>One Component document (dapr.io/v1alpha1) with its secrets and placeholders already resolved.</summary>
internal sealed record ComponentSpec(
    string Name,
    string Type,
    string Version,
    IReadOnlyDictionary<string, string> Metadata,
    bool IgnoreErrors,
    TimeSpan InitTimeout,
    string SourceFile);
