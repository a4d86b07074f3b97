using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Keeps a stream of work items open to the sidecar for as long as the application runs. A lost stream is opened again; the
/// sidecar then gives out anew what was not handed in.
/// </summary>
internal sealed partial class WorkflowWorker(
    GrpcChannel channel, WorkItemDispatcher dispatcher, TimeProvider clock, ILogger<WorkflowWorker> logger) : BackgroundService
{
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HelloDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(5);

    // Application and sidecar start side by side, so the first connection is tried often.
    private static readonly TimeSpan StartUpPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StartUpTime = TimeSpan.FromSeconds(20);

    // Shorter than what launchers allow a process for its end.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = clock.GetTimestamp();
        var everConnected = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var isStartUp = !everConnected && clock.GetElapsedTime(started) < StartUpTime;
            try
            {
                await channel.UnaryAsync(TaskHub.Hello, new Empty(), HelloDeadline, stoppingToken);
                everConnected = true;
                isStartUp = false;
                LogConnected(logger);
                await ServeAsync(stoppingToken);
                LogEnded(logger);
            }
            catch (GrpcCallException failure) when (isStartUp)
            {
                LogNotUpYet(logger, failure.Message);
            }
            catch (GrpcCallException failure)
            {
                LogLost(logger, failure.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            await Task.Delay(isStartUp ? StartUpPause : ReconnectPause, clock, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Ends with the stream: closed by the sidecar, lost, given back, or closed here for the application's end.
    private async Task ServeAsync(CancellationToken stoppingToken)
    {
        // Never disposed: items may outlive the connection they came from, and still ask whether it is there.
        var connection = new CancellationTokenSource();
        var hello = SayHelloAsync(connection.Token);
        var closing = CloseWhenStoppedAsync(connection, stoppingToken);
        try
        {
            await foreach (var item in channel.ServerStreamAsync(TaskHub.GetWorkItems, new GetWorkItemsRequest(), connection.Token))
            {
                // What arrives during the drain is left alone: the sidecar gives it to the next stream.
                if (!stoppingToken.IsCancellationRequested)
                {
                    dispatcher.Dispatch(item, connection.Cancel, connection.Token);
                }
            }
        }
        catch (OperationCanceledException) when (connection.IsCancellationRequested)
        {
            LogClosed(logger);
        }
        finally
        {
            await connection.CancelAsync();
            await Task.WhenAll(hello, closing);
        }
    }

    // Results must be handed in while the stream is open, since closing it makes the sidecar give the items out again.
    private async Task CloseWhenStoppedAsync(CancellationTokenSource connection, CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(connection.Token, stoppingToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!connection.IsCancellationRequested)
        {
            await Task.WhenAny(dispatcher.WhenIdle, Task.Delay(DrainTime, clock, CancellationToken.None));
            await connection.CancelAsync();
        }
    }

    private async Task SayHelloAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(HelloInterval, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                await channel.UnaryAsync(TaskHub.Hello, new Empty(), HelloDeadline, cancellationToken);
            }
            catch (GrpcCallException failure)
            {
                // The stream notices by itself when the connection is gone.
                LogHelloFailed(logger, failure.Message);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Connected to the sidecar for workflow work items")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(LogLevel.Information, "The stream of workflow work items was closed from here")]
    private static partial void LogClosed(ILogger logger);

    [LoggerMessage(LogLevel.Debug, "The stream of workflow work items has ended")]
    private static partial void LogEnded(ILogger logger);

    [LoggerMessage(LogLevel.Debug, "The sidecar does not serve workflows yet: {Reason}")]
    private static partial void LogNotUpYet(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "No stream of workflow work items; it is opened again in a few seconds: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Debug, "The sidecar did not answer the keep-alive of the workflow stream: {Reason}")]
    private static partial void LogHelloFailed(ILogger logger, string reason);
}
