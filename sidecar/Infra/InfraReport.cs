using System.Text.Json;
using System.Text.Json.Serialization;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>How one server stands, as --json says it and people read it.</summary>
internal sealed record InfraReport(string Server, string State)
{
    public const string Running = "running";
    public const string NotAnswering = "notAnswering";
    public const string Stopped = "stopped";
    public const string NotInstalled = "notInstalled";
    public const string Failed = "failed";

    private static readonly JsonSerializerOptions Format =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Whether this command changed anything.</summary>
    public bool? Changed { get; init; }

    public string? Host { get; init; }

    public int? Port { get; init; }

    public int? Pid { get; init; }

    /// <summary>Every process of it by role; the one clients speak to is "server".</summary>
    public IReadOnlyDictionary<string, int>? Processes { get; init; }

    public string? DataDir { get; init; }

    public string? LogFile { get; init; }

    public IReadOnlyList<string>? Reasons { get; init; }

    public static InfraReport Of(ServerLife life, string state, bool? changed = null)
    {
        var record = life.Running;
        return new InfraReport(life.Server.Name, state)
        {
            Changed = changed,
            Host = record is null ? null : ServerPlace.Host,
            Port = record?.Port,
            Pid = record is null ? null : record.Main?.Process.Pid,
            Processes = record?.Parts.Where(part => part.Process.IsAlive).ToDictionary(part => part.Role, part => part.Process.Pid),
            DataDir = life.Folder,
            LogFile = life.LogFile,
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    public string ToLine() => State switch
    {
        Running => $"{Server} {(Changed == false ? "already runs" : "runs")} on {Host}:{Port} (pid {Pid}, data in {ReadyBlock.Short(DataDir!)})",
        NotAnswering => $"{Server} (pid {Pid}, port {Port}) is not well: {string.Join(", ", Reasons ?? [])}; infra up starts it again, its log is {ReadyBlock.Short(LogFile!)}",
        NotInstalled => $"{Server} is not installed",
        _ => $"{Server} is stopped",
    };
}
