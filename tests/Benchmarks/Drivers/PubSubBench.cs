using System.Globalization;
using DaprShop.Benchmarks.Load;
using DaprShop.TestKit.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sidecar.Components.PubSub;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>A broker's driver beside the broker's own client: publishing, and the way from publish to handler.</summary>
internal sealed class PubSubBench : IBench
{
    private const string Publish = "bench-publish";
    private const string Deliver = "bench-deliver";
    private const int Bulk = 100;
    private const int LargestConcurrency = 64;

    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly string _type;
    private readonly LaunchedServer _server;
    private readonly IRawBroker _raw;
    private readonly HostedDrivers _drivers = new();
    private readonly Arrivals _arrivals = new();
    private readonly List<HttpConnection> _connections = [];
    private IPubSub _driver = null!;
    private IAsyncDisposable? _subscription;
    private WebApplication? _app;
    private SidecarProcess _sidecar = null!;

    private PubSubBench(string type, LaunchedServer server, IRawBroker raw) => (_type, _server, _raw) = (type, server, raw);

    public IReadOnlyList<Scenario> Scenarios { get; private set; } = [];

    public static async Task<IBench> StartRedisAsync()
    {
        var server = await RedisServer.StartAsync();
        var address = Address(server);
        return await new PubSubBench("pubsub.redis", server, new RawRedis(address))
            .PrepareAsync([("redisHost", address), ("redisPassword", "")], []);
    }

    public static async Task<IBench> StartRabbitMqAsync()
    {
        var server = await RabbitMqServer.StartAsync();
        return await new PubSubBench("pubsub.rabbitmq", server, await RawRabbitMq.ConnectAsync(server.Port)).PrepareAsync(
            [
                ("hostname", Address(server)), ("username", "guest"), ("password", "guest"), ("durable", "true"), ("deletedWhenUnused", "false"),
                ("deliveryMode", "2"), ("requeueInFailure", "true"), ("publisherConfirm", "true"), ("prefetchCount", "32"),
            ],
            [("queueType", "quorum")]);
    }

    public static async Task<IBench> StartKafkaAsync()
    {
        var server = await KafkaServer.StartAsync();
        return await new PubSubBench("pubsub.kafka", server, new RawKafka(Address(server)))
            .PrepareAsync([("brokers", Address(server)), ("authType", "none"), ("version", "0.9.0.1"), ("initialOffset", "oldest")], []);
    }

    public async ValueTask DisposeAsync()
    {
        _connections.ForEach(connection => connection.Dispose());
        await _sidecar.DisposeAsync();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (_subscription is not null)
        {
            await _subscription.DisposeAsync();
        }

        await _drivers.DisposeAsync();
        await _raw.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static string Address(LaunchedServer server) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}");

    private async Task<IBench> PrepareAsync((string, string)[] metadata, (string Name, string Value)[] subscription)
    {
        _driver = await _drivers.StartAsync<IPubSub>(_type, metadata);
        foreach (var contender in (string[])[Contender.Raw, Contender.Driver, Contender.Http])
        {
            await _raw.PrepareAsync($"{Publish}-{contender}");
        }

        await _raw.SubscribeAsync($"{Deliver}-{Contender.Raw}", message => _arrivals.Arrived(message.Span));
        _subscription = await _driver.SubscribeAsync(
            new SubscribeRequest($"{Deliver}-{Contender.Driver}", "bench", subscription.ToDictionary()),
            (message, _) =>
            {
                _arrivals.Arrived(message.Data.Span);
                return Task.CompletedTask;
            },
            CancellationToken.None);
        var appPort = await StartAppAsync();
        _sidecar = await SidecarProcess.StartAsync(
            appPort, Yaml.Component("pubsub", _type, metadata), Yaml.Subscription($"{Deliver}-{Contender.Http}", "/events", subscription));
        for (var connection = 0; connection < LargestConcurrency; connection++)
        {
            _connections.Add(await HttpConnection.OpenAsync(_sidecar.HttpPort));
        }

        Scenarios = [.. ((int[])[1, LargestConcurrency]).SelectMany(concurrency => (Scenario[])[PublishOne(concurrency), PublishBulk(concurrency), ToHandler(concurrency)])];
        return this;
    }

    private Scenario PublishOne(int concurrency)
    {
        var message = Arrivals.Message(0);
        var data = Arrivals.Bytes(message);
        var request = HttpConnection.Request("POST", $"/v1.0/publish/pubsub/{Publish}-{Contender.Http}", message);
        return Scene("publish", concurrency, Publish,
            new Contender(Contender.Raw, _ => _raw.PublishAsync($"{Publish}-{Contender.Raw}", data)),
            new Contender(Contender.Driver, _ => _driver.PublishAsync(Outgoing(Publish, data), CancellationToken.None)),
            new Contender(Contender.Http, worker => _connections[worker].SendAsync(request), () => _sidecar.CpuTime));
    }

    /// <summary>A hundred at once; the operation is done when the last one is.</summary>
    private Scenario PublishBulk(int concurrency)
    {
        var data = Arrivals.Bytes(Arrivals.Message(0));
        return Scene($"publish {Bulk} at once", concurrency, Publish,
            new Contender(Contender.Raw, _ => Task.WhenAll(Enumerable.Range(0, Bulk).Select(_ => _raw.PublishAsync($"{Publish}-{Contender.Raw}", data)))),
            new Contender(Contender.Driver, _ => Task.WhenAll(Enumerable.Range(0, Bulk).Select(_ => _driver.PublishAsync(Outgoing(Publish, data), CancellationToken.None)))));
    }

    private Scenario ToHandler(int concurrency) => Scene("publish to handler", concurrency, Deliver,
        new Contender(Contender.Raw, _ => _arrivals.RoundTripAsync(text => _raw.PublishAsync($"{Deliver}-{Contender.Raw}", Arrivals.Bytes(text)))),
        new Contender(Contender.Driver, _ => _arrivals.RoundTripAsync(text => _driver.PublishAsync(Outgoing(Deliver, Arrivals.Bytes(text)), CancellationToken.None))),
        new Contender(
            Contender.Http,
            worker => _arrivals.RoundTripAsync(text => _connections[worker].SendAsync(
                HttpConnection.Request("POST", $"/v1.0/publish/pubsub/{Deliver}-{Contender.Http}", text))),
            () => _sidecar.CpuTime));

    private Scenario Scene(string what, int concurrency, string topic, params Contender[] contenders) =>
        new(_type, what, concurrency, contenders, topic == Publish ? CleanAsync : null);

    private async Task CleanAsync()
    {
        foreach (var contender in (string[])[Contender.Raw, Contender.Driver, Contender.Http])
        {
            await _raw.CleanAsync($"{Publish}-{contender}");
        }
    }

    /// <summary>The app behind the sidecar; it does nothing with a message but notice it.</summary>
    private async Task<int> StartAppAsync()
    {
        var port = DaprShop.TestKit.Shop.FreePorts.Take(1)[0];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        _app = builder.Build();
        _app.Run(async context =>
        {
            if (context.Request.Path != "/events")
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _arrivals.Arrived(body.GetBuffer().AsSpan(0, (int)body.Length));
        });
        await _app.StartAsync();
        return port;
    }

    private static OutgoingMessage Outgoing(string topic, byte[] data) => new($"{topic}-{Contender.Driver}", data, "application/json", NoMetadata);
}
