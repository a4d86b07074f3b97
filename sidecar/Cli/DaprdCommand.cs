using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.Launcher;

namespace Sidecar.Cli;

/// <summary><c>daprd &lt;flags&gt;</c>: one sidecar for one app, in daprd's place.</summary>
internal static class DaprdCommand
{
    private static readonly TimeSpan ForcedShutdownDelay = TimeSpan.FromMilliseconds(100);

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var flags = DaprdFlags.Table.Parse(args);
        if (flags.Switch("version") == true || flags.Switch("build-info") == true)
        {
            await Console.Out.WriteLineAsync(flags.Switch("build-info") == true ? ProductVersion.Line : ProductVersion.Number);
            return ExitCode.Success;
        }

        if (flags.Switch("help") == true)
        {
            await Console.Out.WriteLineAsync(Usage.Daprd());
            return ExitCode.Success;
        }

        if (flags is { Errors.Count: 0 } && flags.Switch("wait") == true)
        {
            return await WaitCommand.RunAsync(flags.Number("dapr-http-port") ?? new SidecarOptions { AppId = "" }.HttpPort, TimeProvider.System);
        }

        var mistakes = new List<string>();
        var options = DaprdFlags.Read(flags, Environment.GetEnvironmentVariable, Environment.CurrentDirectory, mistakes);
        if (options is null)
        {
            return await ReportAsync("the command line is wrong", mistakes);
        }

        options = WithChosenPorts(options, flags.Number("metrics-port") is null);
        await using var clients = new SharedClients();
        var errors = new List<ConfigurationError>();
        using var signals = new StopSignals();
        var process = new SidecarProcess(clients, new SidecarDirectory(), TimeProvider.System) { Actors = null, FindsPeers = true };
        await using var host = SidecarHost.Create(options, process, errors);
        if (host is null)
        {
            errors.AddRange(await SidecarHost.ProbeAsync(options, process, signals.Stopping));
            return await ReportAsync("the resources are wrong", errors.Select(error => error.ToString()));
        }

        return await ServeAsync(host, signals.Stopping);
    }

    private static async Task<int> ServeAsync(SidecarHost host, CancellationToken stopping)
    {
        try
        {
            await host.StartAsync(stopping);
            var ended = await Task.WhenAny(host.ShutdownAsked, host.ReloadFailed).WaitAsync(stopping);
            if (ended == host.ReloadFailed)
            {
                // As daprd: with an exit code that makes whoever watches it start it again, with the files as they are then.
                await StopAsync(host);
                return await ReportAsync("a component changed and cannot be used", ConfigurationReport.Lines(await host.ReloadFailed), "the sidecar has stopped");
            }

            if (await host.ShutdownAsked)
            {
                // Forced: the answer goes out, and then nothing is waited for (dapr-contract.md 1.9).
                await Task.Delay(ForcedShutdownDelay, TimeProvider.System, CancellationToken.None);
                Environment.Exit(ExitCode.Mistake);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked by signal instead of by request; both end the same way.
        }
        catch (ComponentsFailedException exception)
        {
            return await ReportAsync("components cannot be used", ConfigurationReport.Lines(exception.Errors));
        }
        catch (Exception exception) when (StartFailure.Explains(exception))
        {
            await Console.Error.WriteLineAsync($"error: the sidecar of {host.Options.AppId} could not start: {StartFailure.Describe(exception)}");
            return ExitCode.Mistake;
        }

        await StopAsync(host);
        return ExitCode.Success;
    }

    private static async Task StopAsync(SidecarHost host)
    {
        using var grace = new CancellationTokenSource(host.Options.GracefulShutdown, TimeProvider.System);
        try
        {
            await host.StopAsync(grace.Token);
        }
        catch (OperationCanceledException) when (grace.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"warning: the stop took longer than {host.Options.GracefulShutdown.TotalSeconds:0.#} s and was cut short");
        }
    }

    private static SidecarOptions WithChosenPorts(SidecarOptions options, bool mayMoveMetrics)
    {
        var ports = new PortChoice();
        return options with
        {
            HttpPort = options.HttpPort == 0 ? ports.Next() : options.HttpPort,
            GrpcPort = options.GrpcPort == 0 ? ports.Next() : options.GrpcPort,

            // Nobody asked for 9090, so a second sidecar on this machine shall not fail because the first has it.
            MetricsPort = options.MetricsPort is { } port && (port == 0 || (mayMoveMetrics && !PortChoice.IsFree(port))) ? ports.Next() : options.MetricsPort,
        };
    }

    private static async Task<int> ReportAsync(string summary, IEnumerable<string> errors, string outcome = "nothing was started")
    {
        var lines = errors.ToList();
        await Console.Error.WriteLineAsync($"error: {summary} ({lines.Count} {(lines.Count == 1 ? "mistake" : "mistakes")}); {outcome}");
        foreach (var line in lines)
        {
            await Console.Error.WriteLineAsync($"  {line}");
        }

        return ExitCode.Mistake;
    }
}
