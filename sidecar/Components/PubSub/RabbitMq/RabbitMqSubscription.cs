using System.Threading.Channels;
using Sidecar.Clients.RabbitMq;
using Sidecar.Resiliency;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>
/// One consumer of a queue for as long as somebody wants it: declares and consumes again after every loss. A message
/// is acknowledged when its handler returns and rejected when it throws; what is not begun when the subscription ends
/// goes back to the queue with the channel.
/// </summary>
internal sealed partial class RabbitMqSubscription(
    RabbitMqConnection connection,
    RabbitMqTopology topology,
    QueuePlan plan,
    RabbitMqPubSubOptions options,
    int gathers,
    MessageHandler handler,
    TimeProvider clock,
    ILogger logger,
    CancellationToken abort) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    // Not bounded here but by prefetchCount, as with daprd: the broker sends no more than that.
    private readonly Channel<RabbitMqDelivery> _received =
        Channel.CreateUnbounded<RabbitMqDelivery>(new UnboundedChannelOptions { SingleReader = true });

    private readonly CancellationTokenSource _stopping = new();
    private readonly InHand _inHand = new();
    private readonly HandlerWindow? _window = gathers > 1 ? new HandlerWindow(gathers) : null;
    private Task _running = Task.CompletedTask;
    private Task _working = Task.CompletedTask;
    private int _stopped;

    /// <summary>Returns once the broker delivers. Throws <see cref="ComponentException"/>.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            var first = await OpenAsync(cancellationToken);
            _working = WorkAsync();
            _running = RunAsync(first);
        }
        catch (ChannelLostException lost)
        {
            throw new ComponentException(ComponentFault.Failed, lost.Message, lost);
        }
    }

    /// <summary>Returns when the messages in hand are finished and the others are given back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await _stopping.CancelAsync();
        }

        await _running;
    }

    private async Task RunAsync(ConsumerChannel first)
    {
        await Task.Yield();
        var stop = _stopping.Token;
        var current = first;
        while (current is not null)
        {
            await ((Task)current.Lost).WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                break;
            }

            LogLost(logger, plan.Queue, await current.Lost);
            await current.CloseAsync();
            current = await OpenAgainAsync(stop);
        }

        await EndAsync(current);
        _stopping.Dispose();
    }

    private async Task EndAsync(ConsumerChannel? current)
    {
        if (current is not null)
        {
            await current.StopConsumingAsync();
        }

        _received.Writer.Complete();
        await _working;
        await _inHand.EmptyAsync();
        if (current is not null)
        {
            await current.CloseAsync();
        }

        LogEnded(logger, plan.Queue);
    }

    private async Task<ConsumerChannel> OpenAsync(CancellationToken cancellationToken)
    {
        var open = await connection.OpenAsync(ConnectLimit, cancellationToken);
        return await ConsumerChannel.OpenAsync(open, topology, plan, options, delivery => _received.Writer.TryWrite(delivery), clock, cancellationToken);
    }

    /// <summary>Null: the subscription has ended meanwhile.</summary>
    private async Task<ConsumerChannel?> OpenAgainAsync(CancellationToken stop)
    {
        for (var failures = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                var opened = await OpenAsync(stop);
                LogBack(logger, plan.Queue);
                return opened;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception failure) when (failure is ChannelLostException or ComponentException)
            {
                failures++;
                LogNotBack(logger, plan.Queue, failures, failure.Message);
            }

            await Task.Delay(PauseAfter(failures), clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 20));
        var longest = options.ReconnectWait > FirstPause ? options.ReconnectWait : FirstPause;
        return (pause < longest ? pause : longest) * (0.5 + (Jitter.Next() / 2));
    }

    private async Task WorkAsync()
    {
        await foreach (var delivery in _received.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (IsGivenBack(delivery))
            {
                continue;
            }

            _inHand.Add();
            if (_window is not null)
            {
                await _window.AddAsync(() => HandleAsync(delivery), CancellationToken.None);
            }
            else if (options.IsParallel)
            {
                _ = Task.Run(() => HandleAsync(delivery), CancellationToken.None);
            }
            else
            {
                await HandleAsync(delivery);
            }
        }
    }

    // The queue has it again, or will with the channel's end. With autoAck it has not: the broker forgot the message
    // when it sent it.
    private bool IsGivenBack(RabbitMqDelivery delivery) =>
        !options.AutoAck && (_stopping.IsCancellationRequested || delivery.Channel.Lost.IsCompleted);

    private async Task HandleAsync(RabbitMqDelivery delivery)
    {
        try
        {
            await handler(delivery.Message, abort);
            await SettleAsync(delivery, isDone: true);
        }
        catch (OperationCanceledException) when (_stopped == 1 || abort.IsCancellationRequested)
        {
            LogLeft(logger, plan.Queue);
        }
#pragma warning disable CA1031 // The handler is the whole way to the app: whatever goes wrong there means that the app did not take the message.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogHandlerFailed(logger, plan.Queue, Fate, failure);
            await SettleAsync(delivery, isDone: false);
        }
        finally
        {
            _inHand.Remove();
        }
    }

    private string Fate => options switch
    {
        { AutoAck: true } => "it was acknowledged before (autoAck)",
        { RequeueInFailure: true } => "it comes again (requeueInFailure)",
        { EnableDeadLetter: true } => $"it goes to '{plan.DeadLetter?.Queue}' (enableDeadLetter)",
        _ => "it is dropped: neither requeueInFailure nor enableDeadLetter is set",
    };

    private async Task SettleAsync(RabbitMqDelivery delivery, bool isDone)
    {
        if (options.AutoAck)
        {
            return;
        }

        try
        {
            await (isDone ? delivery.Channel.AckAsync(delivery.Tag) : delivery.Channel.RejectAsync(delivery.Tag, options.RequeueInFailure));
        }
        catch (Exception failure) when (ChannelLostException.IsMeantBy(failure))
        {
            LogNotSettled(logger, plan.Queue, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The subscription of queue {Queue} was lost: {Reason}; subscribing again")]
    private static partial void LogLost(ILogger logger, string queue, string reason);

    [LoggerMessage(LogLevel.Warning, "Queue {Queue} could not be subscribed again, attempt {Attempt}: {Reason}")]
    private static partial void LogNotBack(ILogger logger, string queue, int attempt, string reason);

    [LoggerMessage(LogLevel.Information, "Queue {Queue} is subscribed again")]
    private static partial void LogBack(ILogger logger, string queue);

    [LoggerMessage(LogLevel.Warning, "A message of queue {Queue} was not handled; {Fate}")]
    private static partial void LogHandlerFailed(ILogger logger, string queue, string fate, Exception failure);

    [LoggerMessage(LogLevel.Warning, "A message of queue {Queue} could not be settled; it comes again: {Reason}")]
    private static partial void LogNotSettled(ILogger logger, string queue, string reason);

    [LoggerMessage(LogLevel.Debug, "A message of queue {Queue} was left unfinished at the stop; it comes again")]
    private static partial void LogLeft(ILogger logger, string queue);

    [LoggerMessage(LogLevel.Debug, "The subscription of queue {Queue} ended")]
    private static partial void LogEnded(ILogger logger, string queue);
}
