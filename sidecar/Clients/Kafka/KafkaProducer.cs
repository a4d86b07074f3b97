using Confluent.Kafka;
using Sidecar.Components;

namespace Sidecar.Clients.Kafka;

/// <summary>
/// One producer for all components of the process that use the same brokers, credentials and settings: their messages
/// share batches and connections. A message is done when its delivery report is in; every wait ends.
/// </summary>
internal sealed partial class KafkaProducer : IAsyncDisposable
{
    // librdkafka reports within its message timeout; this only guards against its never doing so.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _limit;
    private readonly ProducerConfig _config;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly KafkaLog _log;
    private readonly Lock _gate = new();
    private IProducer<byte[]?, byte[]?>? _current;
    private bool _disposed;

    private KafkaProducer(ProducerConfig config, ComponentContext context)
    {
        (_config, _clock, _logger) = (new ProducerConfig(config), context.Clock, context.Loggers.CreateLogger("dapr.contrib"));
        _limit = TimeSpan.FromMilliseconds(config.MessageTimeoutMs ?? 0) + Grace;
        _log = new KafkaLog(_clock, _logger);
        Brokers = new BrokerWatch(config.BootstrapServers, "producer", _clock, _logger);
    }

    public BrokerWatch Brokers { get; }

    /// <summary>The process's producer for exactly this configuration.</summary>
    public static KafkaProducer Shared(ProducerConfig config, ComponentContext context) =>
        context.Shared.GetOrAdd(
            string.Join('\n', config.Select(item => $"{item.Key}={item.Value}").Order(StringComparer.Ordinal)),
            () => new KafkaProducer(config, context));

    /// <summary>Throws <see cref="ComponentException"/> when the message is not, or may not be, with the broker.</summary>
    public async Task PublishAsync(TopicPartition target, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken)
    {
        var producer = Current();
        try
        {
            await producer.ProduceAsync(target, message, CancellationToken.None).WaitAsync(_limit, _clock, cancellationToken);
            Brokers.Succeeded();
        }
        catch (ProduceException<byte[]?, byte[]?> failure)
        {
            throw Explain(target, failure);
        }
        catch (KafkaException failure)
        {
            throw KafkaErrors.Wrap($"publishing to topic {target.Topic}", failure);
        }
        catch (TimeoutException failure)
        {
            throw new ComponentException(
                ComponentFault.Failed, $"kafka: publishing to topic {target.Topic}: no report within {_limit}", failure);
        }
        catch (ObjectDisposedException failure)
        {
            throw new ComponentException(ComponentFault.Failed, "kafka: the producer is closed", failure);
        }
    }

    /// <summary>Asks the brokers for their metadata until one answers or the time is up.</summary>
    public async Task ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = _clock.GetTimestamp();
        using var admin = new DependentAdminClientBuilder(Current().Handle).Build();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // A blocking call; in short pieces so that an error that will not go away ends the wait, and on a thread of its own:
                // a small machine's pool has two.
                await Task.Factory.StartNew(
                    () => admin.GetMetadata(TimeSpan.FromMilliseconds(500)), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                Brokers.Succeeded();
                return;
            }
            catch (KafkaException failure)
            {
                var cause = Brokers.LastError ?? failure.Error;
                if (cause.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed
                    || _clock.GetElapsedTime(started) >= limit)
                {
                    throw new ComponentException(
                        ComponentFault.Failed, $"kafka: no broker of {_config.BootstrapServers} can be used: {WhyNot(failure)}", failure);
                }
            }
        }
    }

    /// <summary>Gives what was accepted a last chance to arrive.</summary>
    public async ValueTask DisposeAsync()
    {
        IProducer<byte[]?, byte[]?>? last;
        lock (_gate)
        {
            (last, _current, _disposed) = (_current, null, true);
        }

        if (last is not null)
        {
            await CloseAsync(last);
        }
    }

    // A peer that takes the connection and says nothing is no error to the client, or one that says no more than that.
    private string WhyNot(KafkaException failure) => Brokers.LastError is { Code: not ErrorCode.Local_TimedOut } cause
        ? KafkaErrors.Describe(cause)
        : failure.Error.Code is ErrorCode.Local_TimedOut or ErrorCode.Local_Transport
            ? "no answer in time: check host and port in brokers, and whether the broker expects TLS (authType, disableTls)"
            : KafkaErrors.Describe(failure.Error);

    private Task CloseAsync(IProducer<byte[]?, byte[]?> producer) => Task.Run(() =>
    {
        try
        {
            producer.Flush(_limit);
        }
        catch (KafkaException failure)
        {
            LogNotFlushed(_logger, KafkaErrors.Describe(failure.Error));
        }

        producer.Dispose();
    });

    private IProducer<byte[]?, byte[]?> Current()
    {
        if (Volatile.Read(ref _current) is { } current)
        {
            return current;
        }

        lock (_gate)
        {
            if (_disposed)
            {
                throw new ComponentException(ComponentFault.Failed, "kafka: the producer is closed");
            }

            return _current ??= Build();
        }
    }

    private IProducer<byte[]?, byte[]?> Build()
    {
        KafkaLibrary.Require();
        try
        {
            return new ProducerBuilder<byte[]?, byte[]?>(_config)
                .SetKeySerializer(Serializers.ByteArray!)
                .SetValueSerializer(Serializers.ByteArray!)
                .SetLogHandler((_, message) => _log.Write(message))
                .SetErrorHandler(OnError)
                .Build();
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException or KafkaException or DllNotFoundException)
        {
            throw new ComponentException(ComponentFault.Failed, $"kafka: the producer cannot be made: {failure.Message}", failure);
        }
    }

    private void OnError(IProducer<byte[]?, byte[]?> producer, Error error)
    {
        if (error.IsFatal)
        {
            Replace(producer, error);
        }
        else
        {
            Brokers.Failed(error);
        }
    }

    // A fatal error makes the client refuse everything for ever; what it held is reported as failed to its callers.
    private void Replace(IProducer<byte[]?, byte[]?> broken, Error error)
    {
        lock (_gate)
        {
            if (_current != broken)
            {
                return;
            }

            _current = null;
            if (error.Code == ErrorCode.ClusterAuthorizationFailed)
            {
                // Older brokers want a right of its own for idempotent writes; daprd does without, so this user may have none.
                _config.EnableIdempotence = false;
            }
        }

        LogReplaced(_logger, KafkaErrors.Describe(error));
        // Not here: this runs on the producer's own thread, which closing waits for.
        _ = CloseAsync(broken);
    }

    private ComponentException Explain(TopicPartition target, ProduceException<byte[]?, byte[]?> failure)
    {
        var explained = KafkaErrors.Wrap($"publishing to topic {target.Topic}", failure);
        return failure.Error.Code == ErrorCode.Local_MsgTimedOut && Brokers.LastError is { } cause
            ? new ComponentException(explained.Fault, $"{explained.Message} (last problem: {KafkaErrors.Describe(cause)})", failure)
            : explained;
    }

    [LoggerMessage(LogLevel.Warning, "The Kafka producer could not send all it held before it was closed: {Problem}")]
    private static partial void LogNotFlushed(ILogger logger, string problem);

    [LoggerMessage(LogLevel.Warning, "The Kafka producer met a fatal error and is replaced: {Problem}")]
    private static partial void LogReplaced(ILogger logger, string problem);
}
