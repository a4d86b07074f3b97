namespace Sidecar.Infra;

/// <summary>One process of a server.</summary>
internal sealed record ServerPart(string Role, int Port, IReadOnlyList<string> Command)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Asks whether it does its work; a listening port says too little.</summary>
    public required Func<CancellationToken, Task<bool>> Answers { get; init; }

    /// <summary>What has to hold before the start, such as that the broker before is forgotten.</summary>
    public Func<CancellationToken, Task<bool>> MayStart { get; init; } = _ => Task.FromResult(true);

    /// <summary>Where the process that does the work writes its number, when it is not the one that is started.</summary>
    public string? PidFile { get; init; }
}
