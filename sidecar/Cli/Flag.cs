namespace Sidecar.Cli;

internal enum FlagKind
{
    Text,
    Number,
    Port,
    Switch,
    Duration,
    Size,

    /// <summary>Repeatable, and each value may hold several with commas.</summary>
    List,
}

/// <param name="ActedOn">False: taken so that daprd's command lines work unchanged, without effect here yet.</param>
internal sealed record Flag(string Name, FlagKind Kind, string Summary = "", bool ActedOn = true)
{
    public string? Short { get; init; }

    /// <summary>Values a <see cref="FlagKind.Text"/> flag takes; empty: any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}
