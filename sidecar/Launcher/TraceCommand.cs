using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sidecar.Cli;
using Sidecar.Telemetry;

namespace Sidecar.Launcher;

/// <summary><c>trace &lt;id&gt;</c>: asks the launcher that runs for one trace, and prints its waterfall.</summary>
internal static class TraceCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly FlagSet Table = new(
        new Flag("run-file", FlagKind.Text, "the dapr.yaml that runs (default: the one that runs from this folder)") { Short = "f" },
        new Flag("logs", FlagKind.Switch, "below each span what was logged in it"),
        new Flag("json", FlagKind.Switch, "for programs"),
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var flags = Table.Parse(args);
        var usage = Usage.Of("sidecar trace <trace id or workflow instance id> [-f dapr.yaml] [--logs] [--json]", Table);
        if (await Verbs.SettleAsync(flags, usage, argumentsAllowed: 1) is { } settled)
        {
            return settled;
        }

        if (flags.Arguments is not [{ Length: > 0 } id])
        {
            await Console.Error.WriteLineAsync($"error: name a trace id or a workflow instance id\n\n{usage}");
            return ExitCode.Mistake;
        }

        if (Path.GetFullPath(flags.Text("run-file") ?? ".") is var path && !Path.Exists(path))
        {
            return await RefuseAsync(ExitCode.Mistake, $"there is no {path}");
        }

        var (record, problem) = Running(path);
        return record is { Receiver: { } receiver }
            ? await ShowAsync(receiver, id, flags)
            : await RefuseAsync(ExitCode.NotReady, problem);
    }

    /// <param name="path">A dapr.yaml, or a folder in which one of them runs.</param>
    private static (RunRecord? Record, string Problem) Running(string path)
    {
        var isFolder = Directory.Exists(path);
        var running = RunRecord.AllIn(isFolder ? path : Path.GetDirectoryName(path)!)
            .Where(record => record.Launcher.IsAlive && (isFolder || record.RunFile == path))
            .ToList();
        return running switch
        {
            [] => (null, $"nothing runs from {ReadyBlock.Short(path)}; start it with: {OwnCommand.Text} run -f {RunFile.DefaultName}, or name the file that runs with -f"),
            [{ Receiver: null } without] => (null, $"{without.Name} takes no traces in: --no-receiver, OTEL_SDK_DISABLED or an OTEL_EXPORTER_OTLP_ENDPOINT was given at its start; look at that collector, or start again without"),
            [var one] => (one, ""),
            _ => (null, $"{running.Count} files run from here; name one with -f: {string.Join(", ", running.Select(record => ReadyBlock.Short(record.RunFile ?? "stdin")))}"),
        };
    }

    private static async Task<int> ShowAsync(Uri receiver, string id, ParsedFlags flags)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri(receiver, $"/api/traces/{Uri.EscapeDataString(id)}"));
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return await RefuseAsync(
                    ExitCode.Mistake,
                    $"no trace and no workflow instance '{id}' at {receiver}; spans arrive about a second after they end, and the newest {TraceStore.MostRecords} records are kept. What is there: {receiver}");
            }

            answer.EnsureSuccessStatusCode();
            var view = await answer.Content.ReadFromJsonAsync<TraceView>(Format) ?? throw new JsonException("The answer is empty.");
            var text = flags.Switch("json") == true
                ? JsonSerializer.Serialize(view, Format)
                : string.Join('\n', WaterfallText.Lines(view, Width(), flags.Switch("logs") == true));
            await Console.Out.WriteLineAsync(text);
            return ExitCode.Success;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or JsonException)
        {
            return await RefuseAsync(ExitCode.NotReady, $"{receiver} does not answer as the launcher does: {exception.Message}");
        }
    }

    private static int Width()
    {
        try
        {
            return Console.IsOutputRedirected ? WaterfallText.DefaultWidth : Console.WindowWidth;
        }
        catch (IOException)
        {
            // There is no terminal to ask.
            return WaterfallText.DefaultWidth;
        }
    }

    private static async Task<int> RefuseAsync(int exitCode, string problem)
    {
        await Console.Error.WriteLineAsync($"error: {problem}");
        return exitCode;
    }
}
