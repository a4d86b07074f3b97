using System.Diagnostics;
using Sidecar.Host;

namespace Sidecar.Launcher;

internal enum AppState
{
    Waiting,
    Starting,
    Ready,
    Exited,
    Failed,
    SidecarOnly,
}

/// <summary>One app while the launcher lives: its process of the moment, its sidecar, and how it is doing.</summary>
internal sealed class LaunchedApp(PlannedApp plan, SidecarHost sidecar, ProcessStarter starter, TimeProvider clock)
{
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(20);

    // The output is complete once the pipes are closed; a grandchild that inherited them must not hold the launcher up.
    private static readonly TimeSpan OutputPatience = TimeSpan.FromMilliseconds(300);

    private readonly long _created = clock.GetTimestamp();
    private TimeSpan? _settledAfter;

    public PlannedApp Plan { get; } = plan;

    public SidecarHost Sidecar { get; } = sidecar;

    public AppState State { get; private set; } = AppState.Waiting;

    /// <summary>Null while no process runs.</summary>
    public ProcessIdentity? Process { get; private set; }

    public DateTimeOffset? Started { get; private set; }

    /// <summary>Time since the run began, until the app was ready or gave up.</summary>
    public TimeSpan Elapsed => _settledAfter ?? clock.GetElapsedTime(_created);

    public AppRecord Record => new(
        Plan.AppId, Process, Plan.Sidecar.AppPort, Plan.Sidecar.HttpPort, Plan.Sidecar.GrpcPort, Started, Plan.AppLog.Path);

    public void Settle(AppState state)
    {
        State = state;
        if (state is AppState.Ready or AppState.Failed or AppState.SidecarOnly)
        {
            _settledAfter ??= clock.GetElapsedTime(_created);
        }
    }

    /// <summary>
    /// Starts the process and stays until it has ended, by itself or because of <paramref name="stop"/>: then it gets
    /// SIGTERM, and SIGKILL once <paramref name="kill"/> comes. Nobody else ends it, so none is forgotten.
    /// </summary>
    /// <param name="started">Called as soon as the process exists.</param>
    public async Task<int> RunOnceAsync(Action started, CancellationToken stop, CancellationToken kill)
    {
        using var process = await starter.StartAsync(
            ProcessStarter.Describe(Plan.Template.Command, Plan.Template.Directory, Plan.Environment));
        var identity = ProcessIdentity.Of(process.Id) ?? new ProcessIdentity(process.Id, "");
        Process = identity;
        Started = clock.GetUtcNow();
        State = AppState.Starting;
        process.StandardInput.Close();
        var output = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
        started();

        using (stop.Register(() => Terminate(process, identity, PosixCalls.SignalTerminate)))
        using (kill.Register(() => Terminate(process, identity, PosixCalls.SignalKill)))
        {
            await process.WaitForExitAsync(CancellationToken.None);
        }

        Sidecar.AppEnded();
        await Task.WhenAny(output, Task.Delay(OutputPatience, clock, CancellationToken.None));
        Process = null;
        return process.ExitCode;
    }

    /// <summary>Returns when the process is there and the sidecar says that the app answers; false when <paramref name="ended"/> came first.</summary>
    public async Task<bool> WaitUntilReadyAsync(CancellationToken ended)
    {
        while (Process is null || !Sidecar.IsAppReady)
        {
            if (ended.IsCancellationRequested)
            {
                return false;
            }

            await Task.Delay(ReadyPoll, clock, CancellationToken.None);
        }

        return !ended.IsCancellationRequested;
    }

    private static void Terminate(Process process, ProcessIdentity identity, int signal)
    {
        try
        {
            if (!process.HasExited)
            {
                identity.SignalGroup(signal);
            }
        }
        catch (InvalidOperationException exception)
        {
            // It ended on its own in this very moment.
            Debug.WriteLine(exception.Message);
        }
    }

    private async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Plan.AppLog.Append(line);
        }
    }
}
