using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using Sidecar.Cli;
using Sidecar.Host;

namespace Sidecar.Launcher;

/// <summary>The run itself: sidecars up, apps up, ready, watched, and everything down again.</summary>
internal sealed class LaunchSession(
    LaunchPlan plan, IReadOnlyList<SidecarHost> sidecars, RunFile runFile, LaunchConsole console, JsonEvents events, TimeProvider clock) : IDisposable
{
    private const int StartAttempts = 3;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan OthersPatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan TermPatience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SidecarPatience = TimeSpan.FromMilliseconds(4700);

    private readonly long _started = clock.GetTimestamp();
    private readonly ProcessStarter _starter = new();
    private readonly CancellationTokenSource _stopApps = new();
    private readonly CancellationTokenSource _killApps = new();
    private readonly ConcurrentQueue<AppFailure> _failures = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _recordGate = new();
    private readonly string _recordFile = RunRecord.FileOf(runFile);
    private IReadOnlyList<LaunchedApp> _apps = [];
    private bool _ready;
    private volatile bool _hasLostSidecar;

    /// <summary>Returns the exit code once everything is stopped again.</summary>
    public async Task<int> RunAsync(StopSignals signals)
    {
        _apps = [.. plan.Apps.Zip(sidecars, (app, sidecar) => new LaunchedApp(app, sidecar, _starter, clock))];
        WriteRecord();
        var running = new List<Task>();
        IReadOnlyList<AppFailure> failures = [];
        try
        {
            failures = await StartAsync(running, signals.Stopping);
            if (failures.Count > 0)
            {
                console.Error($"{string.Join(", ", failures.Select(failure => failure.AppId))} failed to start; stopping everything");
                console.HoldAppLines();
            }
            else
            {
                AnnounceReady();
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, signals.Stopping);
            }
        }
        catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
        {
            console.Line();
            console.Info("stopping");
        }

        await StopAsync(running, signals.Impatient);

        // Last on the screen, because the apps' farewells would push it away.
        FailureReport.Write(failures, console, events);
        console.Success("stopped");
        events.Stopped();
        return failures.Count == 0 ? _hasLostSidecar ? ExitCode.Mistake : ExitCode.Success : failures.Any(failure => failure.Components.Count > 0) ? ExitCode.Mistake : ExitCode.StartFailed;
    }

    public void Dispose()
    {
        _starter.Dispose();
        _stopApps.Dispose();
        _killApps.Dispose();
        File.Delete(_recordFile);
    }

    /// <summary>Empty when all apps are ready.</summary>
    private async Task<IReadOnlyList<AppFailure>> StartAsync(List<Task> running, CancellationToken stopping)
    {
        using var rows = console.ShowRows(() => new StartProgress(console, clock).Starting(_apps));
        var sidecarFailures = (await Task.WhenAll(_apps.Select(app => StartSidecarAsync(app, stopping)))).OfType<AppFailure>().ToList();
        if (sidecarFailures.Count > 0)
        {
            return sidecarFailures;
        }

        running.AddRange(_apps.Select(ObeyShutdownAsync));
        running.AddRange(_apps.Where(app => app.Plan.HasCommand).Select(SuperviseAsync));
        foreach (var app in _apps.Where(app => !app.Plan.HasCommand))
        {
            app.Settle(AppState.SidecarOnly);
        }

        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var ready = Task.WhenAll(_apps.Where(app => app.Plan.HasCommand).Select(app => AwaitReadyAsync(app, givenUp.Token)));
        var first = await Task.WhenAny(ready, _failed.Task).WaitAsync(stopping);
        if (first == ready)
        {
            return [.. (await ready).OfType<AppFailure>()];
        }

        // What is wrong with one app is often wrong with all, and then all shall be named.
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(OthersPatience, clock, stopping));
        await givenUp.CancelAsync();
        return [.. _failures];
    }

    private static async Task<AppFailure?> StartSidecarAsync(LaunchedApp app, CancellationToken stopping)
    {
        try
        {
            await app.Sidecar.StartAsync(stopping);
            return null;
        }
        catch (ComponentsFailedException exception)
        {
            app.Settle(AppState.Failed);
            return new AppFailure(app.Plan.AppId, "cannot use its components", [], null) { Components = exception.Errors };
        }
        catch (Exception exception) when (StartFailure.Explains(exception))
        {
            app.Settle(AppState.Failed);
            var holder = new[] { app.Plan.Sidecar.HttpPort, app.Plan.Sidecar.GrpcPort }
                .Select(port => PortHolder.Find(port) is { } found ? $"; port {port} is held by {found}" : "");
            return new AppFailure(
                app.Plan.AppId, $"its sidecar could not start: {StartFailure.Describe(exception)}{string.Concat(holder)}", app.Plan.DaprdLog.TellingLines, app.Plan.DaprdLog.Path);
        }
    }

    /// <summary>Null when the app became ready, or when nobody waits any more.</summary>
    private async Task<AppFailure?> AwaitReadyAsync(LaunchedApp app, CancellationToken givenUp)
    {
        using var patience = new CancellationTokenSource(StartPatience, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(givenUp, patience.Token);
        if (await app.WaitUntilReadyAsync(ended.Token))
        {
            app.Settle(AppState.Ready);
            if (!console.IsTerminal)
            {
                console.Success(string.Create(CultureInfo.InvariantCulture, $"{app.Plan.AppId} ready after {app.Elapsed.TotalSeconds:0.0} s"));
            }

            return null;
        }

        if (givenUp.IsCancellationRequested)
        {
            return null;
        }

        app.Settle(AppState.Failed);
        var health = app.Plan.Sidecar.EnableAppHealthCheck ? $" and answers {app.Plan.Url}{app.Plan.Sidecar.AppHealthCheckPath} with 2xx" : "";
        return new AppFailure(
            app.Plan.AppId, $"was not ready within {StartPatience.TotalSeconds:0} s; check that it listens on port {app.Plan.Sidecar.AppPort}{health}",
            app.Plan.AppLog.TellingLines, app.Plan.AppLog.Path);
    }

    /// <summary>Keeps one app running, or reports that it ended. Its sidecar stays either way.</summary>
    private async Task SuperviseAsync(LaunchedApp app)
    {
        var delay = new RestartDelay();
        for (var attempt = 1; !_stopApps.IsCancellationRequested; attempt++)
        {
            var began = clock.GetTimestamp();
            var starting = attempt;
            var readyAgain = Task.CompletedTask;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopApps.Token);
            var ended = await RunOnceAsync(app, () =>
            {
                WriteRecord();
                readyAgain = starting > 1 ? AnnounceAgainAsync(app, over.Token) : Task.CompletedTask;
            });
            await over.CancelAsync();
            await readyAgain;
            if (_stopApps.IsCancellationRequested)
            {
                return;
            }

            WriteRecord();
            if (!_ready && app.State != AppState.Ready && (!plan.Flags.Restart || attempt >= StartAttempts))
            {
                app.Settle(AppState.Failed);
                _failures.Enqueue(new AppFailure(app.Plan.AppId, ended.Words, app.Plan.AppLog.TellingLines, app.Plan.AppLog.Path));
                _failed.TrySetResult();
                return;
            }

            app.Settle(AppState.Exited);
            events.AppExited(app.Plan, ended.Pid, ended.ExitCode);
            if (!plan.Flags.Restart)
            {
                console.Warning($"{app.Plan.AppId} {ended.Words}; the others go on. Its log: {ReadyBlock.Short(app.Plan.AppLog.Path ?? "console only")}");
                return;
            }

            var pause = delay.After(clock.GetElapsedTime(began));
            console.Warning(string.Create(CultureInfo.InvariantCulture, $"{app.Plan.AppId} {ended.Words}; it is started again in {pause.TotalMilliseconds:0} ms"));
            await Task.Delay(pause, clock, _stopApps.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task<AppEnd> RunOnceAsync(LaunchedApp app, Action started)
    {
        int? pid = null;
        try
        {
            var exitCode = await app.RunOnceAsync(
                () =>
                {
                    pid = app.Process?.Pid;
                    started();
                },
                _stopApps.Token,
                _killApps.Token);
            return new AppEnd(pid, exitCode, ExitDescription.Of(exitCode, app.Plan.Template.Command[0]));
        }
        catch (Win32Exception exception)
        {
            return new AppEnd(null, ExecApp.CannotExecute, $"could not be run: {exception.Message}");
        }
    }

    /// <summary>A process is not an app yet: it is ready when it has answered its sidecar and its messages flow again.</summary>
    private async Task AnnounceAgainAsync(LaunchedApp app, CancellationToken over)
    {
        var pid = app.Process?.Pid;
        console.Info($"{app.Plan.AppId} runs again (pid {pid})");
        events.AppRestarted(app.Plan, pid);
        if (await app.WaitUntilReadyAsync(over))
        {
            app.Settle(AppState.Ready);
            console.Info($"{app.Plan.AppId} is ready again");
            events.AppReady(app.Plan, pid);
        }
    }

    private void AnnounceReady()
    {
        _ready = true;
        var elapsed = clock.GetElapsedTime(_started);
        foreach (var line in ReadyBlock.Lines(plan, _apps, elapsed, console))
        {
            console.Line(line);
        }

        events.Ready(plan, _apps, elapsed);
    }

    /// <summary>
    /// Deliveries stop first, so that no message meets an app that is going away and is counted as a failed attempt;
    /// then the apps, then what is left of the sidecars. All within five seconds.
    /// </summary>
    private async Task StopAsync(List<Task> running, CancellationToken impatient)
    {
        _killApps.CancelAfter(TermPatience);
        await using var hurry = impatient.Register(_killApps.Cancel);
        using var cutOff = new CancellationTokenSource(SidecarPatience, clock);
        var drained = Task.WhenAll(_apps.Select(app => StopSidecarAsync(app, app.Sidecar.StopDeliveriesAsync, cutOff.Token)));
        await Task.WhenAny(drained, Task.Delay(DrainPatience, clock, CancellationToken.None));
        await _stopApps.CancelAsync();
        await Task.WhenAll(running);
        await drained;
        await Task.WhenAll(_apps.Select(app => StopSidecarAsync(app, app.Sidecar.StopAsync, cutOff.Token)));
    }

    private async Task StopSidecarAsync(LaunchedApp app, Func<CancellationToken, Task> stop, CancellationToken cutOff)
    {
        try
        {
            await stop(cutOff);
        }
        catch (OperationCanceledException) when (cutOff.IsCancellationRequested)
        {
            console.Warning($"the sidecar of {app.Plan.AppId} did not stop in time");
        }
    }

    /// <summary>
    /// A client may ask one sidecar to shut down, and a changed component that cannot be used stops it; its app and the
    /// others go on, as under `dapr run`.
    /// </summary>
    private async Task ObeyShutdownAsync(LaunchedApp app)
    {
        var (asked, failed) = (app.Sidecar.ShutdownAsked, app.Sidecar.ReloadFailed);
        var ended = await Task.WhenAny(asked, failed, Task.Delay(Timeout.InfiniteTimeSpan, clock, _stopApps.Token));
        if (ended == failed)
        {
            _hasLostSidecar = true;
            console.Error($"the sidecar of {app.Plan.AppId} stops: a component changed and cannot be used; correct it, then stop this run and start it again");
            foreach (var line in ConfigurationReport.Lines(await failed))
            {
                console.Line($"  {line}");
            }
        }
        else if (ended == asked)
        {
            console.Warning($"the sidecar of {app.Plan.AppId} was asked to shut down; the app goes on without it");
        }

        if (ended == failed || ended == asked)
        {
            using var cutOff = new CancellationTokenSource(app.Plan.Sidecar.GracefulShutdown, clock);
            await StopSidecarAsync(app, app.Sidecar.StopAsync, cutOff.Token);
        }
    }

    private void WriteRecord()
    {
        lock (_recordGate)
        {
            new RunRecord
            {
                Launcher = ProcessIdentity.Own,
                RunFile = plan.Template.File,
                Name = plan.Template.Name,
                DataDirectory = plan.DataDirectory,
                Receiver = plan.Receiver,
                Apps = [.. _apps.Select(app => app.Record)],
            }.Write(_recordFile);
        }
    }

    private sealed record AppEnd(int? Pid, int ExitCode, string Words);
}
