using System.Collections.Concurrent;
using Sidecar.Clients.Kafka;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>
/// pubsub.kafka with the layout of Dapr's component (dapr-contract.md 5.8), so that both can share topics and groups.
/// </summary>
internal sealed partial class KafkaPubSub(KafkaPubSubOptions options, ComponentContext context) : IPubSub
{
    private readonly ILogger _logger = context.Loggers.CreateLogger("dapr.contrib");
    private readonly ConcurrentDictionary<string, List<GroupMember>> _groups = new(StringComparer.Ordinal);
    private KafkaPubSubOptions? _negotiated;
    private KafkaProducer? _producer;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = KafkaPubSubOptions.Parse(metadata, spec.InitTimeout);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new KafkaPubSub(options, context) : null;
    }

    public PubSubCapabilities Capabilities => PubSubCapabilities.None;

    public bool IsRemote => true;

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        KafkaLibrary.Require();
        var started = context.Clock.GetTimestamp();
        var negotiated = await SpeakBrokersVersionAsync(cancellationToken);
        var producer = KafkaProducer.Shared(negotiated.Producer(), context);
        await producer.ConnectAsync((negotiated.InitTimeout * 0.8) - context.Clock.GetElapsedTime(started), cancellationToken);
        _negotiated = negotiated;
        _producer = producer;
    }

    public async Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        var (target, record) = KafkaRecord.Write(message, Options);
        await Opened.PublishAsync(target, record, cancellationToken);
    }

    public Task<IAsyncDisposable> SubscribeAsync(SubscribeRequest request, MessageHandler handler, CancellationToken cancellationToken)
    {
        _ = Opened;
        TopicName.Check(request.Topic);
        KafkaRecord.RefuseSchema(request.Metadata);
        var group = Options.ConsumerGroup ?? request.ConsumerGroup;
        var members = _groups.GetOrAdd(group, _ => []);
        lock (members)
        {
            members.RemoveAll(member => member.HasEnded);

            // A second subscription to a topic competes with the first, so it is a member of its own.
            foreach (var member in members)
            {
                if (member.TryAdd(request, handler) is { } joined)
                {
                    return Task.FromResult<IAsyncDisposable>(joined);
                }
            }

            var another = new GroupMember(group, Options, context.Clock, _logger);
            members.Add(another);
            return Task.FromResult<IAsyncDisposable>(another.TryAdd(request, handler)!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Subscriptions were ended before, as a rule; what still runs is told to stop now.
        await Task.WhenAll(_groups.Values.SelectMany(members => members).Select(member => member.DisposeAsync().AsTask()));
    }

    private KafkaPubSubOptions Options => _negotiated ?? options;

    private KafkaProducer Opened =>
        _producer ?? throw new ComponentException(ComponentFault.Failed, "kafka: the broker was not initialised");

    private async Task<KafkaPubSubOptions> SpeakBrokersVersionAsync(CancellationToken cancellationToken)
    {
        var started = context.Clock.GetTimestamp();
        while (true)
        {
            // A broker that was busy with somebody's bad request never answers; asked anew, it does.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), context.Clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                var version = await VersionProbe.AskAsync(options.Connection, both.Token);
                if (version == options.Connection.Version)
                {
                    return options;
                }

                LogOlder(_logger, options.Connection.Brokers, options.Connection.Version.Text, version.Text);
                return options with { Connection = options.Connection with { Version = version } };
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                if (context.Clock.GetElapsedTime(started) >= options.InitTimeout / 3)
                {
                    return options;
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The broker at {Brokers} is older than version {Version} of its component; {Older} is spoken: no record headers, no idempotence")]
    private static partial void LogOlder(ILogger logger, string brokers, string version, string older);
}
