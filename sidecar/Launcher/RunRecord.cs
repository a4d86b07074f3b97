namespace Sidecar.Launcher;

/// <summary>
/// Who runs, on disk: <c>.dapr/run/&lt;name&gt;.json</c> beside dapr.yaml. It lets the next start and <c>stop</c> find and
/// end what a crash left behind, and <c>list</c> show what is there.
/// </summary>
internal sealed record RunRecord
{
    public required ProcessIdentity Launcher { get; init; }

    public required string? RunFile { get; init; }

    public required string Name { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>Where the launcher shows the traces of this run; null: it takes none in.</summary>
    public Uri? Receiver { get; init; }

    public IReadOnlyList<AppRecord> Apps { get; init; } = [];

    public static string FileOf(RunFile runFile) => Path.Combine(runFile.Directory, ".dapr", "run", $"{runFile.Key}.json");

    /// <summary>All records below a folder's .dapr/run; files that cannot be read are skipped.</summary>
    public static IEnumerable<RunRecord> AllIn(string directory)
    {
        var records = Path.Combine(directory, ".dapr", "run");
        return Directory.Exists(records)
            ? Directory.EnumerateFiles(records, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<RunRecord>()
            : [];
    }

    /// <summary>Null when there is none, or one that a crash cut short.</summary>
    public static RunRecord? Read(string file) => RecordFile.Read<RunRecord>(file);

    public void Write(string file) => RecordFile.Write(file, this);

    /// <summary>Kills the apps that are still there, and what they left in their groups, and waits. Says whom it ended.</summary>
    public async Task<IReadOnlyList<AppRecord>> EndAppsAsync(TimeProvider clock)
    {
        var ended = new List<AppRecord>();
        var killed = new List<ProcessIdentity>();
        foreach (var app in Apps.Where(app => app.Process is not null))
        {
            ProcessIdentity[] alive = app.Process!.IsAlive ? [app.Process] : [.. app.Process.Orphans($"DAPR_HTTP_PORT={app.DaprHttpPort}")];
            foreach (var process in alive)
            {
                process.SignalGroup(PosixCalls.SignalKill);
            }

            killed.AddRange(alive);
            if (alive.Length > 0)
            {
                ended.Add(app);
            }
        }

        foreach (var process in killed)
        {
            await process.WaitUntilGoneAsync(TimeSpan.FromSeconds(2), clock);
        }

        return ended;
    }
}

/// <param name="Process">Null while the app is not running, and for an entry without a command.</param>
internal sealed record AppRecord(
    string AppId, ProcessIdentity? Process, int? AppPort, int DaprHttpPort, int DaprGrpcPort, DateTimeOffset? Started, string? LogFile);
