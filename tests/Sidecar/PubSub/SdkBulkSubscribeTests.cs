using System.Collections.Concurrent;
using Dapr;
using Dapr.AspNetCore;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.PubSub;

/// <summary>An app that asks for batches through sdk/, driven by a sidecar: both read the wire for themselves.</summary>
public sealed class SdkBulkSubscribeTests : IAsyncLifetime
{
    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: { name: r }
        spec:
          policies: { retries: { two: { policy: constant, duration: 10ms, maxRetries: 2 } } }
          targets: { components: { pubsub: { inbound: { retry: two } } } }
        """;

    private readonly ConcurrentQueue<int[]> _batches = new();
    private readonly ConcurrentQueue<string> _raw = new();
    private readonly ConcurrentQueue<string> _dead = new();
    private WebApplication _app = null!;
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.UseCloudEvents();
        _app.MapSubscribeHandler();
        _app.MapPost("/orders", Take);
        _app.MapPost("/raw", (BulkSubscribeMessage<byte[]> batch) =>
            {
                batch.Entries.ForEach(entry => _raw.Enqueue($"{entry.ContentType} {System.Text.Encoding.UTF8.GetString(entry.Event)}"));
                return new BulkSubscribeAppResponse([.. batch.Entries.Select(entry => new BulkSubscribeAppResponseEntry(entry.EntryId, BulkSubscribeAppResponseStatus.SUCCESS))]);
            })
            .WithTopic("pubsub", "raw", enableRawPayload: true)
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = "raw", MaxMessagesCount = 2, MaxAwaitDurationMs = 600_000 });
        _app.MapPost("/dead", (Order order) => _dead.Enqueue($"{order.Number}")).WithTopic("pubsub", "dead");
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("pubsub", "pubsub.in-memory"), Retries],
            Options = options => options with { AppPort = new Uri(address).Port },
        });
    }

    public async Task DisposeAsync()
    {
        await _sidecar.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Batch_ComesTypedAndEachEntryIsSettledByItsStatus()
    {
        foreach (var number in (int[])[1, 2, 3])
        {
            await _sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/pubsub/orders?metadata.cloudevent.id=e{number}", $$"""{"number":{{number}}}""");
        }

        await Eventually.True(() => _batches.Count == 2 && !_dead.IsEmpty);
        Assert.Equal([[1, 2, 3], [2]], _batches);
        Assert.Equal(["3"], _dead);
    }

    [Fact]
    public async Task Batch_OfRawPayloads_ComesAsBytes()
    {
        await _sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/raw?metadata.rawPayload=true", "abc");
        await _sidecar.Http.SendTextAsync("POST", "/v1.0/publish/pubsub/raw?metadata.rawPayload=true", "def");

        await Eventually.True(() => _raw.Count == 2);
        Assert.Equal(["application/octet-stream abc", "application/octet-stream def"], _raw);
    }

    [Topic("pubsub", "orders", "dead", false)]
    [BulkSubscribe("orders", 3, 600_000)]
    private BulkSubscribeAppResponse Take(BulkSubscribeMessage<BulkMessageModel<Order>> batch)
    {
        Assert.Equal(("orders", "pubsub"), (batch.Topic, batch.Metadata["pubsubName"]));
        Assert.All(batch.Entries, entry => Assert.Equal(
            ($"e{entry.Event.Data.Number}", "1.0", "application/json", "app"),
            (entry.Event.Id, entry.Event.Specversion, entry.Event.Datacontenttype, entry.Event.Source)));
        var isFirst = _batches.IsEmpty;
        _batches.Enqueue([.. batch.Entries.Select(entry => entry.Event.Data.Number)]);
        return new BulkSubscribeAppResponse(
        [
            .. batch.Entries.Select(entry => new BulkSubscribeAppResponseEntry(entry.EntryId, entry.Event.Data.Number switch
            {
                2 when isFirst => BulkSubscribeAppResponseStatus.RETRY,
                3 => BulkSubscribeAppResponseStatus.DROP,
                _ => BulkSubscribeAppResponseStatus.SUCCESS,
            })),
        ]);
    }

    private sealed record Order(int Number);
}
