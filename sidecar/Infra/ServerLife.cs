using System.Globalization;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>One server in one data directory: started, looked at, stopped.</summary>
internal sealed class ServerLife(InfraServer server, string infraFolder, TimeProvider clock)
{
    // A cold machine with two processors and three servers to start needs most of it.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DamagedPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private const int LinesShown = 12;

    public InfraServer Server { get; } = server;

    public string Folder { get; } = Path.Combine(infraFolder, server.Name);

    public string LogFile => LogOf(InfraServer.MainRole);

    public ServerRecord? Record => RecordFile.Read<ServerRecord>(ServerRecord.FileIn(Folder));

    /// <summary>Its record while the process that clients speak to is alive.</summary>
    public ServerRecord? Running => Record is { Main: not null } record ? record : null;

    public Task<bool> AnswersAsync(ServerRecord record, CancellationToken cancellationToken) =>
        Server.Parts(new ServerPlace(Folder, record.Port, record.InnerPorts))[^1].Answers(cancellationToken);

    /// <summary>Null when the port is free, or is this server's own.</summary>
    public string? PortProblem(int port)
    {
        if (Running is not null || PortChoice.IsFree(port))
        {
            return null;
        }

        var holder = PortHolder.Find(port) is { } found ? found.ToString() : "another process";
        var service = Server.SystemService is { } name && Directory.Exists("/run/systemd/system")
            ? $" (the system's own server: sudo systemctl disable --now {name})"
            : "";
        return $"port {port}, which {Server.Name} needs, is in use by {holder}; end that process{service} or choose another port";
    }

    /// <summary>Null when it answers now, else why not, and then nothing of it is left.</summary>
    public async Task<string?> StartAsync(int port, bool durable, CancellationToken cancellationToken)
    {
        // A server whose other half is dead cannot be trusted to find a new one: both start again.
        if (Running is not null)
        {
            await StopAsync();
        }

        var record = PlaceAgain(port, durable);
        var place = new ServerPlace(Folder, port, record.InnerPorts, durable);
        WriteFiles(place);
        try
        {
            foreach (var part in Server.Parts(place))
            {
                if (await StartPartAsync(part, cancellationToken) is { } problem)
                {
                    await StopAsync();
                    return problem;
                }
            }
        }
        catch (OperationCanceledException)
        {
            await StopAsync();
            throw;
        }

        return null;
    }

    /// <summary>False: nothing ran.</summary>
    public async Task<bool> StopAsync()
    {
        if (Record is not { } record)
        {
            return false;
        }

        // A broker asks its ZooKeeper before it ends, and would ask a dead one until somebody loses patience.
        var patience = record.Dead.Any() ? DamagedPatience : StopPatience;
        var found = false;
        foreach (var part in record.Parts.Reverse())
        {
            found |= part.IsAlive;
            await EndAsync(part, patience);
        }

        File.Delete(ServerRecord.FileIn(Folder));
        return found;
    }

    public void Purge()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private string LogOf(string role) => Path.Combine(Folder, $"{role}.log");

    /// <summary>The record of the start to come: parts that still live stay, and so do ports where they can.</summary>
    private ServerRecord PlaceAgain(int port, bool durable)
    {
        var before = Record;
        PartRecord[] alive = [.. before?.Parts.Where(part => part.Process.IsAlive) ?? []];
        var choice = new InnerPortChoice(port * 211);
        var inner = alive.Length > 0
            ? before!.InnerPorts
            : Server.InnerPorts.ToDictionary(name => name, name => choice.Next(before?.InnerPorts.GetValueOrDefault(name) is > 0 and var wish ? wish : null));
        var record = new ServerRecord(port, inner, alive, durable);
        RecordFile.Write(ServerRecord.FileIn(Folder), record);
        return record;
    }

    private void WriteFiles(ServerPlace place)
    {
        foreach (var folder in Server.Folders)
        {
            Directory.CreateDirectory(place.PathOf(folder));
        }

        foreach (var (name, text) in Server.Files(place))
        {
            File.WriteAllText(place.PathOf(name), text);
            if (text.StartsWith("#!", StringComparison.Ordinal) && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(place.PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    private async Task<string?> StartPartAsync(ServerPart part, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        bool InTime() => clock.GetElapsedTime(started) < StartPatience;
        if (Record?.Alive(part.Role) is not { } entry)
        {
            while (InTime() && !await part.MayStart(cancellationToken))
            {
                await Task.Delay(Pause, clock, cancellationToken);
            }

            if (part.PidFile is { } stale)
            {
                File.Delete(stale);
            }

            if (DetachedStart.Run(part, Folder, LogOf(part.Role), out var problem) is not { } process)
            {
                return Failure(part, problem);
            }

            entry = new PartRecord(part.Role, process, process);
            Remember(entry);
        }

        while (InTime())
        {
            if (!entry.Leader.IsAlive && !entry.Process.IsAlive)
            {
                return Failure(part, "it ended while it was starting");
            }

            entry = Noticed(part, entry);
            if (await part.Answers(cancellationToken) && entry.Process.IsAlive)
            {
                return null;
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }

        return Failure(part, string.Create(CultureInfo.InvariantCulture, $"it did not answer on port {part.Port} within {StartPatience.TotalSeconds:0} s"));
    }

    /// <summary>The process that does the work, once it has written its number.</summary>
    private PartRecord Noticed(ServerPart part, PartRecord entry)
    {
        if (part.PidFile is not { } file || entry.Process != entry.Leader || !File.Exists(file)
            || !int.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var pid) || ProcessIdentity.Of(pid) is not { } process)
        {
            return entry;
        }

        entry = entry with { Process = process };
        Remember(entry);
        return entry;
    }

    private void Remember(PartRecord entry)
    {
        var record = Record!;
        RecordFile.Write(
            ServerRecord.FileIn(Folder), record with { Parts = [.. record.Parts.Where(part => part.Role != entry.Role), entry] });
    }

    private async Task EndAsync(PartRecord part, TimeSpan patience)
    {
        if (part.Process.IsAlive)
        {
            // One that was stopped in its tracks takes no notice of a signal before it goes on.
            PosixCalls.Kill(part.Process.Pid, PosixCalls.SignalTerminate);
            PosixCalls.Kill(part.Process.Pid, PosixCalls.SignalContinue);
            if (!await part.Process.WaitUntilGoneAsync(patience, clock))
            {
                PosixCalls.Kill(part.Process.Pid, PosixCalls.SignalKill);
                await part.Process.WaitUntilGoneAsync(StopPatience, clock);
            }
        }

        if (!await part.Leader.WaitUntilGoneAsync(TimeSpan.FromSeconds(2), clock))
        {
            part.Leader.SignalGroup(PosixCalls.SignalKill);
            await part.Leader.WaitUntilGoneAsync(StopPatience, clock);
        }
    }

    private string Failure(ServerPart part, string reason)
    {
        var log = LogOf(part.Role);
        var lines = File.Exists(log) ? File.ReadLines(log).TakeLast(LinesShown).ToList() : [];
        return $"{Server.Name} did not start: {(part.Role == InfraServer.MainRole ? "" : $"{part.Role}: ")}{reason}"
            + (lines.Count == 0 ? "" : $"\n    {string.Join("\n    ", lines)}\n    the whole log: {ReadyBlock.Short(log)}");
    }
}
