using System.Net.Sockets;

namespace Sidecar.Host;

/// <summary>
/// Waits for the app's port, watches the app's health and starts and stops what feeds the app (dapr-contract.md 1.6
/// steps 6 to 9, 1.7). One loop does all of it, so a start and a stop can never overlap. Whoever sees the app's process
/// end says so: deliveries to a dead app would fail, and count as failed attempts, until enough probes have failed.
/// </summary>
internal sealed partial class AppWatch(
    SidecarOptions options,
    AppHealth appHealth,
    SidecarHealth health,
    IEnumerable<IAppLifecycle> lifecycles,
    TimeProvider clock,
    ILogger<AppWatch> logger) : IDisposable
{
    private static readonly TimeSpan DialInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DialTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // An app that is waited for is asked more often than one that runs: the interval (5 s) would decide when the shop is
    // ready, and how long messages wait once an app is back.
    private static readonly TimeSpan LongestWaitForProbe = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<IAppLifecycle> _running = [];
    private Task _loop = Task.CompletedTask;
    private volatile TaskCompletionSource _ended = NewSignal();
    private volatile bool _isServing;

    /// <summary>True while the app is healthy and everything that feeds it runs.</summary>
    public bool IsServing => _isServing && !_ended.Task.IsCompleted;

    public void Start() => _loop = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);

    /// <summary>Stops feeding the app: what it has in hand is finished and acknowledged, nothing new is taken.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop.WaitAsync(cancellationToken);
        await StopLifecyclesAsync(cancellationToken);
    }

    /// <summary>The app's process has ended: nothing is sent to it until another answers in its place.</summary>
    public void AppEnded() => _ended.TrySetResult();

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await WaitForPortAsync(cancellationToken);
                LogReached(logger, options.AppPort ?? 0);
                await ServeUntilEndedAsync(cancellationToken);
                if (appHealth.IsHealthy)
                {
                    LogEnded(logger);
                    await BecomeUnhealthyAsync(cancellationToken);
                }

                _ended = NewSignal();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogWatchEnded(logger);
        }
    }

    private async Task WaitForPortAsync(CancellationToken cancellationToken)
    {
        LogWaiting(logger, options.AppChannelAddress, options.AppPort ?? 0);
        while (!await CanDialAsync(cancellationToken))
        {
            await Task.Delay(DialInterval, clock, cancellationToken);
        }
    }

    private async Task<bool> CanDialAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(DialTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(options.AppChannelAddress, options.AppPort ?? 0, both.Token);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private async Task ServeUntilEndedAsync(CancellationToken cancellationToken)
    {
        if (!options.EnableAppHealthCheck)
        {
            await BecomeHealthyAsync(cancellationToken);
            await _ended.Task.WaitAsync(cancellationToken);
            return;
        }

        using var probe = new AppHealthProbe(options, clock);
        var failures = 0;
        while (!_ended.Task.IsCompleted)
        {
            var isGood = await probe.IsGoodAsync(cancellationToken);
            if (_ended.Task.IsCompleted)
            {
                // A good answer was the last one of a process that is gone.
                return;
            }

            if (isGood)
            {
                failures = 0;
                await BecomeHealthyAsync(cancellationToken);
            }
            else if (appHealth.IsHealthy && ++failures >= options.AppHealthThreshold)
            {
                LogUnhealthy(logger, options.AppHealthThreshold);
                await BecomeUnhealthyAsync(cancellationToken);
            }

            var isAwaited = !appHealth.IsHealthy && options.AppHealthProbeInterval > LongestWaitForProbe;
            await _ended.Task
                .WaitAsync(isAwaited ? LongestWaitForProbe : options.AppHealthProbeInterval, clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task BecomeHealthyAsync(CancellationToken cancellationToken)
    {
        if (appHealth.IsHealthy)
        {
            return;
        }

        // First the state, then the subscriptions: the first delivery may come before StartAsync returns.
        appHealth.Set(true);
        foreach (var lifecycle in lifecycles)
        {
            _running.Add(lifecycle);
            await StartAsync(lifecycle, cancellationToken);
        }

        _isServing = true;
        health.SetApp(true);
        LogReady(logger, options.AppId);
    }

    private async Task BecomeUnhealthyAsync(CancellationToken cancellationToken)
    {
        _isServing = false;
        appHealth.Set(false);
        await StopLifecyclesAsync(cancellationToken);
    }

    // The app may answer /dapr/subscribe badly while it starts, or the broker may be away: both pass.
    private async Task StartAsync(IAppLifecycle lifecycle, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await lifecycle.StartAsync(cancellationToken);
                return;
            }
#pragma warning disable CA1031 // What an app answers and what a driver throws while starting is not known here; the loop must outlive it.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogStartFailed(logger, lifecycle.GetType().Name, exception);
                await Task.Delay(RetryInterval, clock, cancellationToken);
            }
        }
    }

    private async Task StopLifecyclesAsync(CancellationToken cancellationToken)
    {
        foreach (var lifecycle in _running)
        {
            try
            {
                await lifecycle.StopAsync(cancellationToken);
            }
#pragma warning disable CA1031 // One that cannot stop must not keep the others running.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogStopFailed(logger, lifecycle.GetType().Name, exception);
            }
        }

        _running.Clear();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Information, "Waiting for the app on {Address}:{Port}")]
    private static partial void LogWaiting(ILogger logger, string address, int port);

    [LoggerMessage(LogLevel.Information, "The app answers on port {Port}")]
    private static partial void LogReached(ILogger logger, int port);

    [LoggerMessage(LogLevel.Information, "The sidecar of {AppId} is ready: the app is healthy and what feeds it runs")]
    private static partial void LogReady(ILogger logger, string appId);

    [LoggerMessage(LogLevel.Warning, "The app is unhealthy after {Failures} failed probes; subscriptions and bindings stop until it answers")]
    private static partial void LogUnhealthy(ILogger logger, int failures);

    [LoggerMessage(LogLevel.Warning, "The app has ended; subscriptions and bindings stop until it answers again")]
    private static partial void LogEnded(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "{Lifecycle} could not start and is tried again")]
    private static partial void LogStartFailed(ILogger logger, string lifecycle, Exception exception);

    [LoggerMessage(LogLevel.Error, "{Lifecycle} could not stop")]
    private static partial void LogStopFailed(ILogger logger, string lifecycle, Exception exception);

    [LoggerMessage(LogLevel.Debug, "The app is no longer watched")]
    private static partial void LogWatchEnded(ILogger logger);
}
