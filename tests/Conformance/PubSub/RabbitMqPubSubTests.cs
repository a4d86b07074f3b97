using System.Text;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Components;
using DaprShop.Tests.Servers;
using RabbitMQ.Client;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>
/// pubsub.rabbitmq as another client of the broker sees it: that client declares, publishes and consumes as daprd does.
/// Names are of each test alone, so one broker serves them all.
/// </summary>
public abstract class RabbitMqPubSubTests : IAsyncLifetime
{
    private protected static readonly Dictionary<string, string> NoMetadata = [];

    private readonly List<ComponentFixture> _processes = [];
    private IConnection _connection = null!;

    private protected string Topic { get; } = UniqueName.Next("topic");

    private protected string Queue => $"app-{Topic}";

    private protected LogLines Logs { get; } = new();

    private protected RabbitMqServer Server { get; private set; } = null!;

    /// <summary>Of the raw client, for one step each: the broker closes a channel over what it refuses.</summary>
    private protected Task<IChannel> ChannelAsync() => _connection.CreateChannelAsync();

    public virtual async Task InitializeAsync()
    {
        Server = await ServerAsync();
        _connection = await ConnectAsync();
    }

    public virtual async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DeleteAsync();
        }

        await _connection.DisposeAsync();
        Logs.Dispose();
    }

    private protected virtual Task<RabbitMqServer> ServerAsync() => RabbitMqServer.Shared;

    private protected Task<IConnection> ConnectAsync() =>
        new ConnectionFactory { HostName = "127.0.0.1", Port = Server.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();

    /// <summary>A sidecar's broker, with connections of its own.</summary>
    private protected Task<IPubSub> StartAsync(params (string Name, string Value)[] metadata)
    {
        var process = new ComponentFixture { UseManualClock = false, Loggers = Logs };
        _processes.Add(process);
        return process.StartAsync<IPubSub>("pubsub.rabbitmq", "app", [("hostname", $"127.0.0.1:{Server.Port}"), .. metadata]);
    }

    private protected Task<IAsyncDisposable> SubscribeAsync(
        IPubSub broker, Recorder recorder, Dictionary<string, string>? metadata = null, string group = "app") =>
        broker.SubscribeAsync(new SubscribeRequest(Topic, group, metadata ?? NoMetadata), recorder.HandleAsync, default);

    private protected Task PublishAsync(
        IPubSub broker, string text, Dictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        broker.PublishAsync(new OutgoingMessage(Topic, Encoding.UTF8.GetBytes(text), null, metadata ?? NoMetadata), cancellationToken);

    private protected async Task PublishUntilTakenAsync(IPubSub broker, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (await Record.ExceptionAsync(() => PublishAsync(broker, text)) is { } failure)
        {
            Assert.IsType<ComponentException>(failure);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>A queue of the raw client that sees what is published to the topic; its exchange must be there.</summary>
    private protected async Task<string> ObserveAsync(string? exchange = null)
    {
        await using var channel = await ChannelAsync();
        var queue = UniqueName.Next("observer");
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(queue, exchange ?? Topic, "");
        return queue;
    }

    private protected async Task<BasicGetResult> TakeAsync(string queue)
    {
        await using var channel = await ChannelAsync();
        return (await Eventually.Get<BasicGetResult?>(() => channel.BasicGetAsync(queue, autoAck: true), message => message is not null))!;
    }

    private protected async Task<uint> ReadyAsync(string queue)
    {
        await using var channel = await ChannelAsync();
        return await channel.MessageCountAsync(queue);
    }

    private protected async Task WriteAsync(string text)
    {
        await using var channel = await ChannelAsync();
        await channel.BasicPublishAsync(Topic, "", mandatory: false, new BasicProperties(), Encoding.UTF8.GetBytes(text));
    }
}
