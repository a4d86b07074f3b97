using System.Collections.Concurrent;
using RabbitMQ.Client;
using Sidecar.Clients.RabbitMq;

namespace Sidecar.Components.PubSub.RabbitMq;

/// <summary>
/// Publishes for all components of the process that share a broker. A lost channel is replaced and the message sent
/// again, three times in all as daprd does: what was sent and not confirmed may then arrive twice. The topics share a few
/// channels, so that one whose exchange was deleted or whose queue hangs does not stop all others.
/// </summary>
internal sealed partial class RabbitMqPublisher : IAsyncDisposable
{
    public const int Attempts = 3;
    private const int Channels = 8;

    /// <summary>Longest wait for the broker's word on one message, also while it blocks publishers.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly RabbitMqConnection _connection;
    private readonly bool _confirms;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _opening = new(1);
    private readonly PublishSession?[] _sessions = new PublishSession?[Channels];

    private RabbitMqPublisher(RabbitMqConnection connection, bool confirms, ComponentContext context)
    {
        (_connection, _confirms, _clock) = (connection, confirms, context.Clock);
        _logger = context.Loggers.CreateLogger("dapr.contrib");
    }

    public static RabbitMqPublisher Share(RabbitMqPubSubOptions options, ComponentContext context)
    {
        var connection = RabbitMqConnection.Share(options.Connection, "publish", context);
        return context.Shared.GetOrAdd(
            $"{options.Connection.Key}\n{options.PublisherConfirm}", () => new RabbitMqPublisher(connection, options.PublisherConfirm, context));
    }

    /// <summary>Throws <see cref="ComponentException"/> when the broker cannot be used.</summary>
    public Task ConnectAsync(CancellationToken cancellationToken) => _connection.OpenAsync(cancellationToken);

    public async Task PublishAsync(
        RabbitMqTopology topology,
        string topic,
        string routingKey,
        BasicProperties properties,
        ReadOnlyMemory<byte> body,
        TimeSpan reconnectWait,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var session = await OpenAsync(topic, reconnectWait, cancellationToken);
                await session.DeclareAsync(topology, topic).WaitAsync(Limit, _clock, cancellationToken);
                var publish = new PendingPublish(
                    topic, routingKey, mandatory: _confirms && topology.HasDeclaredSubscribers(topic), properties, body);
                await session.Channel.PublishAsync(publish, Limit, cancellationToken);
                if (publish.Returned is not null)
                {
                    session.Forget();
                    throw NoQueue(topic, publish.Returned);
                }

                return;
            }
            catch (ChannelLostException lost) when (attempt < Attempts)
            {
                LogAgain(_logger, topic, attempt, Attempts, lost.Message);
            }
            catch (ChannelLostException lost)
            {
                throw new ComponentException(ComponentFault.Failed, $"{lost.Message} (after {Attempts} attempts)", lost);
            }
            catch (TimeoutException late)
            {
                throw new ComponentException(ComponentFault.Failed, TooLate(late.Message), late);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions.OfType<PublishSession>())
        {
            await session.Channel.DisposeAsync();
        }

        _opening.Dispose();
    }

    private static ComponentException NoQueue(string topic, string returned) => new(
        ComponentFault.Failed,
        $"rabbitmq: no queue took the message for topic '{topic}' ({returned}), though its subscribers are declared; the next message declares them again");

    private string TooLate(string fate) => _connection.Blocked is { } reason
        ? $"rabbitmq: {_connection.Address} takes no messages for now ({reason}); within {Limit.TotalSeconds:0} s that did not change: {fate}"
        : $"rabbitmq: no confirm from {_connection.Address} within {Limit.TotalSeconds:0} s: {fate}";

    private async Task<PublishSession> OpenAsync(string topic, TimeSpan reconnectWait, CancellationToken cancellationToken)
    {
        // One topic always takes the same channel, which keeps the order of what is published one after the other.
        var place = (int)((uint)topic.GetHashCode(StringComparison.Ordinal) % Channels);
        if (Volatile.Read(ref _sessions[place]) is { IsOpen: true } open)
        {
            return open;
        }

        var connection = await _connection.OpenAsync(reconnectWait, cancellationToken);
        if (!await _opening.WaitAsync(Limit, cancellationToken))
        {
            throw new TimeoutException("the message was not sent, no channel could be opened");
        }

        try
        {
            var former = _sessions[place];
            if (former is { IsOpen: true })
            {
                return former;
            }

            var next = new PublishSession(connection, await OpenChannelAsync(connection, cancellationToken), _clock);
            Volatile.Write(ref _sessions[place], next);
            if (former is not null)
            {
                _ = former.Channel.DisposeAsync().AsTask();
            }

            return next;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<PublishChannel> OpenChannelAsync(IConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await PublishChannel.OpenAsync(connection, _confirms, _clock).WaitAsync(Limit, _clock, cancellationToken);
        }
        catch (Exception failure) when (failure is not TimeoutException && ChannelLostException.IsMeantBy(failure) && !cancellationToken.IsCancellationRequested)
        {
            throw new ChannelLostException($"rabbitmq: no channel to {_connection.Address}: {failure.Message}", inner: failure);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Publishing to topic {Topic}, attempt {Attempt} of {Attempts}: {Reason}; trying again")]
    private static partial void LogAgain(ILogger logger, string topic, int attempt, int attempts, string reason);
}
