using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Sidecar.Components;

namespace Sidecar.Clients.RabbitMq;

/// <summary>
/// Publishes for many callers at once on one AMQP channel: one pump sends, confirms come back out of step, and each
/// caller waits for its own only. Numbering the messages here, not in the library, keeps them as daprd sends them (no
/// header of the library's) and lets a caller leave without another one's confirm being mistaken for its own.
/// </summary>
internal sealed class PublishChannel : IAsyncDisposable
{
    /// <summary>Ties a message that comes back to its publish; only messages that may come back carry it.</summary>
    public const string NumberHeader = "x-publish-number";

    private const int NotFound = 404;

    // Messages that wait here or for their confirm. Callers beyond it wait outside, within their own deadline.
    private const int MostUnderWay = 512;
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    private readonly IChannel _channel;
    private readonly bool _confirms;
    private readonly TimeProvider _clock;
    private readonly Channel<PendingPublish> _waiting =
        Channel.CreateUnbounded<PendingPublish>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SemaphoreSlim _room = new(MostUnderWay);
    private readonly Unconfirmed _unconfirmed = new();
    private readonly Task _pump;
    private volatile ChannelLostException? _lost;

    private PublishChannel(IChannel channel, bool confirms, TimeProvider clock)
    {
        (_channel, _confirms, _clock) = (channel, confirms, clock);
        channel.BasicAcksAsync += (_, ack) => SettleAsync(ack.DeliveryTag, ack.Multiple, isAck: true);
        channel.BasicNacksAsync += (_, nack) => SettleAsync(nack.DeliveryTag, nack.Multiple, isAck: false);
        channel.BasicReturnAsync += (_, returned) => NoteReturnedAsync(returned);
        channel.ChannelShutdownAsync += (_, reason) => LoseAsync(reason);
        _pump = Task.Run(PumpAsync);
    }

    public bool IsOpen => _lost is null;

    public static async Task<PublishChannel> OpenAsync(IConnection connection, bool confirms, TimeProvider clock) => new(
        await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: confirms, publisherConfirmationTrackingEnabled: false)),
        confirms,
        clock);

    /// <summary>
    /// Completes on the broker's confirm, also of a message that it gave back; without confirms once the message is on its way. Throws
    /// <see cref="ChannelLostException"/>, <see cref="ComponentException"/> when the broker refused the message, and
    /// <see cref="TimeoutException"/>.
    /// </summary>
    public async Task PublishAsync(PendingPublish publish, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!await _room.WaitAsync(limit, cancellationToken))
        {
            throw new TimeoutException("the message was not sent, too many others wait");
        }

        if (!_waiting.Writer.TryWrite(publish))
        {
            _room.Release();
            throw Lost();
        }

        try
        {
            if (await publish.Settled.WaitAsync(limit, _clock, cancellationToken) is { } failure)
            {
                throw failure;
            }
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(publish.TryAbandon() ? "the message was not sent" : "whether the message was taken is unknown");
        }
        catch (OperationCanceledException)
        {
            publish.TryAbandon();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        try
        {
            await _channel.DisposeAsync().AsTask().WaitAsync(CloseLimit, _clock);
        }
#pragma warning disable CA1031 // The channel is given up; what was under way on it is settled below.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _lost ??= new ChannelLostException($"rabbitmq: the channel did not close: {failure.Message}");
        }

        await LoseAsync(_channel.CloseReason);
    }

    private async Task PumpAsync()
    {
        await foreach (var publish in _waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (_lost is not null)
            {
                Finish(publish, Lost());
            }
            else if (publish.TrySend())
            {
                await SendAsync(publish);
            }
            else
            {
                _room.Release();
            }
        }
    }

    private async Task SendAsync(PendingPublish publish)
    {
        if (_confirms)
        {
            var number = _unconfirmed.Add(publish);
            if (publish.Mandatory)
            {
                // A returned message carries no number of the protocol's own.
                publish.Properties.Headers = new Dictionary<string, object?> { [NumberHeader] = (long)number };
            }
        }

        try
        {
            // Never with a token: the library loses count of its own numbers when a publish is cancelled.
            await _channel.BasicPublishAsync(
                publish.Exchange, publish.RoutingKey, publish.Mandatory, publish.Properties, publish.Body, CancellationToken.None);
        }
#pragma warning disable CA1031 // Whether the frames went out is not known, so neither is the broker's count: the channel is given up.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _lost ??= new ChannelLostException($"rabbitmq: the channel failed: {failure.Message}", inner: failure);
            _waiting.Writer.TryComplete();
        }

        if (!_confirms)
        {
            Finish(publish, _lost is null ? null : Lost());
        }
        else if (_lost is not null)
        {
            FailUnconfirmed();
        }
    }

    private Task SettleAsync(ulong number, bool upTo, bool isAck)
    {
        foreach (var publish in _unconfirmed.Take(number, upTo))
        {
            Finish(publish, isAck ? null : new ComponentException(
                ComponentFault.Failed,
                $"rabbitmq: the broker refused the message for exchange '{publish.Exchange}' (negative confirm): a queue is full or not available"));
        }

        return Task.CompletedTask;
    }

    private Task NoteReturnedAsync(BasicReturnEventArgs returned)
    {
        if (returned.BasicProperties.Headers?.TryGetValue(NumberHeader, out var number) is true
            && number is long value && _unconfirmed.Find((ulong)value) is { } publish)
        {
            publish.Returned = $"{returned.ReplyCode} {returned.ReplyText}";
        }

        return Task.CompletedTask;
    }

    private Task LoseAsync(ShutdownEventArgs? reason)
    {
        _lost ??= new ChannelLostException($"rabbitmq: the channel was closed: {reason?.ReplyText ?? "given up"}", reason?.ReplyCode == NotFound);
        _waiting.Writer.TryComplete();
        FailUnconfirmed();
        return Task.CompletedTask;
    }

    private void FailUnconfirmed()
    {
        foreach (var publish in _unconfirmed.TakeAll())
        {
            Finish(publish, Lost());
        }
    }

    private void Finish(PendingPublish publish, Exception? failure)
    {
        publish.Settle(failure);
        _room.Release();
    }

    private ChannelLostException Lost() => new(_lost?.Message ?? "rabbitmq: the channel is closed", _lost?.IsNotFound ?? false);
}
