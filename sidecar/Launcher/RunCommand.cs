using Sidecar.Cli;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;

namespace Sidecar.Launcher;

/// <summary><c>run -f dapr.yaml</c>: checks everything, builds, and hands over to <see cref="LaunchSession"/>.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var parsed = RunFlags.Table.Parse(args);
        if (await Verbs.SettleAsync(parsed, Usage.Run()) is { } settled)
        {
            return settled;
        }

        using var signals = new StopSignals();
        var clock = TimeProvider.System;
        var flags = RunFlags.Of(parsed);
        using var console = LaunchConsole.For(flags.Json, clock);
        var events = new JsonEvents(flags.Json ? Console.Out : null);
        try
        {
            return await PrepareAsync(parsed.Text("run-file"), flags, console, events, signals, clock);
        }
        catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
        {
            console.Info("interrupted before anything was started");
            return ExitCode.Success;
        }
    }

    private static async Task<int> PrepareAsync(
        string? named, RunFlags flags, LaunchConsole console, JsonEvents events, StopSignals signals, TimeProvider clock)
    {
        if (RunFile.Find(named, out var problem) is not { } runFile)
        {
            return Refuse(ExitCode.Mistake, [problem], console, events);
        }

        string[] missing = [.. flags.ResourcesPaths.Where(path => !Directory.Exists(path)).Select(path => $"--resources-path: no such directory: {path}")];
        var loaded = RunTemplateLoader.Load(
            await runFile.ReadAsync(signals.Stopping), runFile.Path, runFile.Directory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        foreach (var warning in loaded.Warnings)
        {
            console.Warning(warning.ToString());
        }

        if (missing.Length > 0 || loaded.Template is null)
        {
            return Refuse(ExitCode.Mistake, [.. missing, .. ConfigurationReport.Lines(loaded.Errors)], console, events);
        }

        // It is there before the first span and goes after the last: the sidecars send what they still hold when they are disposed.
        await using var receiver = await OwnTelemetry.StartReceiverAsync(loaded.Template, flags, Environment.GetEnvironmentVariable, signals.Stopping);

        // Resource files are read even when dapr.yaml has mistakes, so that one run shows them all.
        var plan = LaunchPlan.Make(loaded.Template, flags, Environment.GetEnvironmentVariable, console, clock, receiver?.Address);
        var clients = new SharedClients();
        await using var sharedClients = clients.ConfigureAwait(false);
        var errors = new List<ConfigurationError>(loaded.Errors);
        var process = new SidecarProcess(clients, new SidecarDirectory(), clock);
        var sidecars = plan.Apps.Select(app => SidecarHost.Create(app.Sidecar, process, errors)).OfType<SidecarHost>().ToList();
        try
        {
            // The sidecars share their resource files: each warning once.
            foreach (var warning in ConfigurationReport.Lines(sidecars.SelectMany(sidecar => sidecar.Warnings)))
            {
                console.Warning(warning);
            }

            if (errors.Count == 0)
            {
                return await LaunchAsync(plan, sidecars, runFile, console, events, signals, clock);
            }

            // Whoever corrects the files should not meet the next mistake only at the next start.
            var unusable = await Task.WhenAll(plan.Apps.Select(app => SidecarHost.ProbeAsync(app.Sidecar, process, signals.Stopping)));
            errors.AddRange(unusable.SelectMany(failures => failures));
            return Refuse(ExitCode.Mistake, ConfigurationReport.Lines(errors), console, events);
        }
        finally
        {
            foreach (var sidecar in sidecars)
            {
                await sidecar.DisposeAsync();
            }

            foreach (var app in plan.Apps)
            {
                await app.AppLog.DisposeAsync();
                await app.DaprdLog.DisposeAsync();
            }
        }
    }

    private static async Task<int> LaunchAsync(
        LaunchPlan plan, IReadOnlyList<SidecarHost> sidecars, RunFile runFile, LaunchConsole console, JsonEvents events, StopSignals signals, TimeProvider clock)
    {
        var record = RunRecord.Read(RunRecord.FileOf(runFile));
        if (record is { Launcher.IsAlive: true })
        {
            return Refuse(
                ExitCode.NotReady, [$"{ReadyBlock.Short(plan.Template.Label)} already runs (pid {record.Launcher.Pid}); stop it with: {OwnCommand.Text} stop -f {ReadyBlock.Short(plan.Template.Label)}"], console, events);
        }

        using var dataLock = DataDirectoryLock.Take(plan.DataDirectory, out var taken);
        if (dataLock is null)
        {
            return Refuse(ExitCode.NotReady, [taken], console, events);
        }

        if (record is not null && await record.EndAppsAsync(clock) is { Count: > 0 } leftovers)
        {
            console.Info($"ended what an earlier run left behind: {string.Join(", ", leftovers.Select(app => $"{app.AppId} (pid {app.Process!.Pid})"))}");
        }

        var inUse = ConfigurationReport.Lines(plan.PortsInUse());
        if (inUse.Length > 0)
        {
            return Refuse(ExitCode.NotReady, [.. inUse, "end the process that holds it, or give the app another port"], console, events);
        }

        if (!plan.Flags.NoBuild && plan.Template.Embedded.Build is { } target && !await BuildAsync(target, console, events, clock, signals.Stopping))
        {
            return ExitCode.StartFailed;
        }

        using var session = new LaunchSession(plan, sidecars, runFile, console, events, clock);
        return await session.RunAsync(signals);
    }

    private static async Task<bool> BuildAsync(string target, LaunchConsole console, JsonEvents events, TimeProvider clock, CancellationToken stopping)
    {
        var build = new SolutionBuild(target, clock);
        IReadOnlyList<string> errors;
        console.Info($"building {ReadyBlock.Short(target)}");
        var progress = new StartProgress(console, clock);
        using (console.ShowRows(() => progress.Building(build)))
        {
            errors = await build.RunAsync(
                project =>
                {
                    if (!console.IsTerminal)
                    {
                        console.Line(FormattableString.Invariant($"  {project}   {build.Elapsed.TotalSeconds:0.0} s"));
                    }
                },
                stopping);
        }

        if (errors.Count == 0)
        {
            console.Success(FormattableString.Invariant($"built {build.ProjectsBuilt} projects in {build.Elapsed.TotalSeconds:0.0} s"));
            return true;
        }

        Refuse(ExitCode.StartFailed, ["the build failed", .. errors], console, events);
        return false;
    }

    /// <summary>One line that says what is wrong, then all of it.</summary>
    private static int Refuse(int exitCode, string[] reasons, LaunchConsole console, JsonEvents events)
    {
        console.Error(reasons.Length == 1 ? reasons[0] : exitCode switch
        {
            ExitCode.Mistake => $"{reasons.Length} mistakes; nothing was started",
            ExitCode.NotReady => "the machine is not ready; nothing was started",
            _ => "the build failed; nothing was started",
        });
        if (reasons.Length > 1)
        {
            foreach (var reason in reasons)
            {
                console.Line($"  {reason}");
            }
        }

        events.Failed(reasons, []);
        return exitCode;
    }
}
