using System.Net.Http.Headers;
using System.Text.Json;
using DaprShop.Tests.Telemetry;
using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

/// <summary>Real processes: the command beside a launcher, and without one.</summary>
public sealed class TraceCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Trace_OfARunningLauncher_IsPrintedAndAnUnknownOneRefused()
    {
        WriteTemplate();
        await using var launcher = LauncherProcess.Start(_folder.Path, "run", "--json");
        var receiver = (await launcher.LineAsync("ready")).GetProperty("receiver").GetString()!;
        using var http = new HttpClient();
        using var export = new ByteArrayContent(Spans.Export("gateway", Spans.Wire('a', '1', "POST /x")));
        export.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        using var taken = await http.PostAsync(new Uri($"{receiver}/v1/traces"), export);

        var (exitCode, text, errors) = await TraceAsync(Spans.TraceId('a'));
        var (jsonExitCode, json, _) = await TraceAsync(Spans.TraceId('a'), "-f", "dapr.yaml", "--json");
        var (unknownExitCode, _, unknown) = await TraceAsync("nothing");
        PosixCalls.Kill(launcher.Process.Id, PosixCalls.SignalTerminate);
        await launcher.ExitAsync();
        var (afterExitCode, _, after) = await TraceAsync(Spans.TraceId('a'));

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal(
            [$"trace {Spans.TraceId('a')}", "1970-01-01 00:00:01.000 UTC", "", "1 span, 1 service, 0 orphans, 250.0 ms"],
            text.Split('\n') is var lines ? [.. lines[..3], lines[^1]] : []);
        Assert.Equal((0, 250.0), (jsonExitCode, JsonDocument.Parse(json).RootElement.GetProperty("rows")[0].GetProperty("durationMs").GetDouble()));
        Assert.Equal(1, unknownExitCode);
        Assert.StartsWith($"error: no trace and no workflow instance 'nothing' at {receiver}/; spans arrive about a second after they end", unknown, StringComparison.Ordinal);
        Assert.Equal(2, afterExitCode);
        Assert.StartsWith("error: nothing runs from .; start it with: ", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--no-receiver", "")]
    [InlineData("", "OTEL_SDK_DISABLED")]
    public async Task Trace_OfARunThatTakesNoneIn_SaysWhy(string flag, string variable)
    {
        WriteTemplate();
        var environment = variable.Length > 0 ? new Dictionary<string, string> { [variable] = "true" } : [];
        await using var launcher = LauncherProcess.Start(_folder.Path, environment, ["run", "--json", .. flag.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        var ready = await launcher.LineAsync("ready");

        var (exitCode, _, errors) = await TraceAsync("any");

        Assert.Equal(JsonValueKind.Null, ready.GetProperty("receiver").ValueKind);
        Assert.Equal(2, exitCode);
        Assert.Contains("takes no traces in: --no-receiver, OTEL_SDK_DISABLED or an OTEL_EXPORTER_OTLP_ENDPOINT was given at its start", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error: name a trace id or a workflow instance id")]
    [InlineData("error: unexpected argument: two", "one", "two")]
    [InlineData("error: unknown flag: --jsno; did you mean 'json'?", "one", "--jsno")]
    public async Task Trace_WithMistakes_NamesThem(string expected, params string[] args)
    {
        var (exitCode, _, errors) = await TraceAsync(args);

        Assert.Equal(1, exitCode);
        Assert.StartsWith(expected, errors, StringComparison.Ordinal);
        Assert.Contains("usage: sidecar trace <trace id or workflow instance id>", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_OfAFileThatIsNotThere_NamesIt()
    {
        var (exitCode, _, errors) = await TraceAsync("any", "-f", "absent.yaml");

        Assert.Equal((1, $"error: there is no {Path.Combine(_folder.Path, "absent.yaml")}"), (exitCode, errors));
    }

    private async Task<(int ExitCode, string Output, string Errors)> TraceAsync(params string[] args)
    {
        await using var process = LauncherProcess.Start(_folder.Path, ["trace", .. args]);
        return (await process.ExitAsync(), process.Output, process.Errors);
    }

    private void WriteTemplate()
    {
        _folder.Folder("alpha");
        _folder.File("dapr.yaml", "version: 1\napps: [{ appDirPath: alpha, appID: alpha, command: [sleep, '600'] }]\n");
    }
}
