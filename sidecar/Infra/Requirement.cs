namespace Sidecar.Infra;

/// <summary>Something that must be on the machine.</summary>
/// <param name="Package">The package that brings it.</param>
/// <param name="IsInstalled">Looks for what the package brings, however it came.</param>
internal sealed record Requirement(string Package, Func<bool> IsInstalled)
{
    /// <summary>Comes through npm into the user's cache; all others are packages of the system.</summary>
    public bool FromNpm { get; init; }
}
