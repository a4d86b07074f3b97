using System.Globalization;
using System.Text.Json;
using Sidecar.Cli;

namespace Sidecar.Launcher;

/// <summary><c>list</c>: the apps that run from the files of a folder.</summary>
internal static class ListCommand
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly FlagSet Table = new(
        new Flag("run-file", FlagKind.Text, "a dapr.yaml or its folder (default: this folder)") { Short = "f" },
        new Flag("json", FlagKind.Switch, "for programs"),
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var flags = Table.Parse(args);
        if (await Verbs.SettleAsync(flags, Usage.Of("sidecar list [-f dapr.yaml] [--json]", Table)) is { } settled)
        {
            return settled;
        }

        var path = Path.GetFullPath(flags.Text("run-file") ?? ".");
        var isFolder = Directory.Exists(path);
        var records = RunRecord.AllIn(isFolder ? path : Path.GetDirectoryName(path)!)
            .Where(record => record.Launcher.IsAlive && (isFolder || record.RunFile == path));
        var rows = records.SelectMany(record => record.Apps.Select(app => new ListRow(
            app.AppId,
            app.DaprHttpPort,
            app.DaprGrpcPort,
            app.AppPort,
            app.Process?.Pid,
            record.Launcher.Pid,
            record.RunFile,
            app.Started)));
        await Console.Out.WriteLineAsync(flags.Switch("json") == true ? JsonSerializer.Serialize(rows, Format) : TableOf([.. rows], TimeProvider.System.GetUtcNow()));
        return ExitCode.Success;
    }

    internal static string TableOf(IReadOnlyList<ListRow> rows, DateTimeOffset now)
    {
        if (rows.Count == 0)
        {
            return "nothing runs from here";
        }

        string[][] cells =
        [
            ["APP ID", "HTTP PORT", "GRPC PORT", "APP PORT", "AGE", "PID", "LAUNCHER PID", "RUN FILE"],
            .. rows.Select(row => new[]
            {
                row.AppId, Text(row.HttpPort), Text(row.GrpcPort), Text(row.AppPort), row.Started is { } started ? Age(now - started) : "-",
                Text(row.AppPid), Text(row.LauncherPid), row.RunFile is { } file ? ReadyBlock.Short(file) : "stdin",
            }),
        ];
        var widths = Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', cells.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    internal static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes}m{age.Seconds:00}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours}h{age.Minutes:00}m"),
    };

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}

internal sealed record ListRow(
    string AppId, int HttpPort, int GrpcPort, int? AppPort, int? AppPid, int LauncherPid, string? RunFile, DateTimeOffset? Started);
