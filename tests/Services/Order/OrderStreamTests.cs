using System.Net;
using System.Text.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.Order.Streaming;
using DaprShop.ServiceDefaults;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DaprShop.Tests.Services.Order;

/// <summary>Two replicas of the order service over one store; only what streams need is mapped.</summary>
public sealed class OrderStreamTests : IAsyncLifetime
{
    private const string Id = "00000000-0000-5000-8000-000000000001";
    private static readonly (string, string) Owner = ("shop-user", "shopper-1");

    private readonly ManualClock _clock = new();
    private FakeSidecar _sidecar = null!;
    private RunningService _here = null!;
    private RunningService _elsewhere = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _here = await RunningService.StartAsync(Build, _sidecar, _clock, "--Streams:MaxStreamsPerUser=2");
        _elsewhere = await RunningService.StartAsync(Build, _sidecar, _clock);
    }

    public async Task DisposeAsync()
    {
        await _here.DisposeAsync();
        await _elsewhere.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Stream_OfAnOrderThatOnlyTheLogHas_TellsEachChangeAsGetGivesItAndEnds()
    {
        var order = SampleOrders.One(Id);
        _here.Get<OrderTails>().Add(order);
        using var stream = await OpenAsync(_here);

        Assert.Equal(await GetAsync(), Assert.Single(await EventsAsync(stream, 1)).Data);
        await TakeInAsync(_here, order);
        await AdvanceAsync(_here, order, OrderEvent.HoldTaken);
        Assert.Equal(("2", "order", await GetAsync()), Assert.Single(await EventsAsync(stream, 1)));
        await AdvanceAsync(_here, order, OrderEvent.PaymentSucceeded);
        await EventsAsync(stream, 1);
        await AdvanceAsync(_here, order, OrderEvent.ReservationConfirmed);

        var last = Assert.Single(await EventsAsync(stream, 1));
        Assert.Equal(("4", "order", await GetAsync()), last);
        Assert.Equal("Confirmed", Status(last.Data));
        Assert.Null(await stream.ReadLineAsync());
        await Eventually.True(() => _here.Get<OrderWatches>().Count == 0);
    }

    [Fact]
    public async Task Stream_OrderThatAnotherReplicaChanges_MissesNoStepAndStopsReadingAfterwards()
    {
        var order = SampleOrders.One(Id);
        await TakeInAsync(_elsewhere, order);
        using var stream = await OpenAsync(_here);
        await EventsAsync(stream, 1);

        await AdvanceAsync(_elsewhere, order, OrderEvent.HoldTaken);
        await AdvanceAsync(_elsewhere, order, OrderEvent.PaymentSucceeded);
        await AdvanceAsync(_elsewhere, order, OrderEvent.ReservationConfirmed);
        var events = await EventsAsync(stream, 3);

        Assert.Equal(["2", "3", "4"], events.Select(told => told.Id));
        Assert.Equal(["AwaitingPayment", "Paid", "Confirmed"], events.Select(told => Status(told.Data)));
        Assert.Null(await stream.ReadLineAsync());
    }

    [Fact]
    public async Task Stream_KeyThatNamedTwoBodies_GoesOnWithTheOrderThatStands()
    {
        _here.Get<OrderTails>().Add(SampleOrders.One(Id, bodyHash: "twin", quantity: 5));
        using var stream = await OpenAsync(_here);
        Assert.Contains("\"quantity\":5", (await EventsAsync(stream, 1))[0].Data, StringComparison.Ordinal);

        var order = SampleOrders.One(Id);
        await TakeInAsync(_here, order);
        await AdvanceAsync(_here, order, OrderEvent.HoldTaken);

        Assert.Contains("\"quantity\":2", (await EventsAsync(stream, 1))[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_StoreIsDownForAWhile_StaysOpenAndGoesOn()
    {
        var order = SampleOrders.One(Id);
        await TakeInAsync(_elsewhere, order);
        using var stream = await OpenAsync(_here);
        await EventsAsync(stream, 1);

        _sidecar.StoreIsUp = false;
        Assert.Equal(": still here", await NextLineAsync(stream));
        _sidecar.StoreIsUp = true;
        await AdvanceAsync(_elsewhere, order, OrderEvent.CustomerCancelled);

        Assert.Equal("Cancelled", Status((await EventsAsync(stream, 1))[0].Data));
    }

    [Theory]
    [InlineData(null, "4")]
    [InlineData("0", "1 2 3 4")]
    [InlineData("2", "3 4")]
    public async Task Stream_OfASettledOrder_TellsWhatTheListenerHasNotAndEnds(string? lastEventId, string expected)
    {
        await SettleAsync();

        using var stream = await OpenAsync(_here, lastEventId);
        var events = await EventsAsync(stream, expected.Split(' ').Length);

        Assert.Equal(expected, string.Join(' ', events.Select(told => told.Id)));
        Assert.Null(await stream.ReadLineAsync());
    }

    [Theory]
    [InlineData("4")]
    [InlineData("5")]
    public async Task Stream_ListenerHasAllOfASettledOrder_IsToldNotToComeBack(string lastEventId)
    {
        await SettleAsync();

        using var answer = await _here.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}/stream", null, Owner, ("Last-Event-ID", lastEventId));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    public async Task Stream_LastEventIdThatIsNone_IsRefusedByName(string lastEventId)
    {
        await SettleAsync();

        using var answer = await _here.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}/stream", null, Owner, ("Last-Event-ID", lastEventId));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("validation", await answer.ProblemAsync());
        Assert.Equal(["Last-Event-ID"], await answer.ErrorMembersAsync());
    }

    [Theory]
    [InlineData(Id, "shopper-2", "customer", 404)]
    [InlineData(Id, "operator-1", "operator", 200)]
    [InlineData("00000000-0000-5000-8000-000000000002", "shopper-1", "customer", 404)]
    [InlineData("x", "shopper-1", "customer", 404)]
    public async Task Stream_Caller_GetsOwnOrdersAndAnOperatorAll(string id, string user, string role, int status)
    {
        await SettleAsync();

        using var answer = await _here.SendAsync(HttpMethod.Get, $"/api/v1/orders/{id}/stream", null, ("shop-user", user), ("shop-role", role));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.True(status == 200 || await answer.ProblemAsync() == "not-found");
    }

    [Fact]
    public async Task Stream_PlacesOfTheCallerTaken_IsRefusedUntilAListenerGoes()
    {
        await TakeInAsync(_here, SampleOrders.One(Id));
        using var first = await OpenAsync(_here);
        var second = await OpenAsync(_here);
        await EventsAsync(second, 1);

        using var refused = await _here.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}/stream", null, Owner);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("overloaded", await refused.ProblemAsync());
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());

        second.Dispose();
        await Eventually.True(() => _here.Get<OrderWatches>().Count == 1);
        using var third = await OpenAsync(_here);
        Assert.Equal("1", (await EventsAsync(third, 1))[0].Id);
    }

    [Fact]
    public async Task Stream_ServiceStops_EndsAtOnce()
    {
        await TakeInAsync(_here, SampleOrders.One(Id));
        using var stream = await OpenAsync(_here);
        await EventsAsync(stream, 1);

        _here.Get<IHostApplicationLifetime>().StopApplication();

        Assert.Null(await stream.ReadLineAsync());
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<OrderTails>();
        builder.Services.AddSingleton<OrderLogReader>();
        builder.Services.AddSingleton<OrderRecords>();
        builder.Services.AddSingleton<OrderStore>();
        builder.Services.AddSingleton<SagaMetrics>();
        builder.Services.AddSingleton<OrderAdvance>();
        builder.Services.AddOrderStreams();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapGetOrder();
        app.MapOrderStream();
        return app;
    }

    private static Task TakeInAsync(RunningService replica, OrderContent order) =>
        replica.Get<OrderRecords>().CreateAsync(order, CancellationToken.None);

    private static async Task AdvanceAsync(RunningService replica, OrderContent order, OrderEvent happened)
    {
        var result = await replica.Get<OrderAdvance>().AdvanceAsync(order, happened, new TransitionDetails(), CancellationToken.None);
        Assert.True(result.Applied);
    }

    private static string? Status(string data) => JsonDocument.Parse(data).RootElement.GetProperty("status").GetString();

    private async Task SettleAsync()
    {
        var order = SampleOrders.One(Id);
        await TakeInAsync(_elsewhere, order);
        await AdvanceAsync(_elsewhere, order, OrderEvent.HoldTaken);
        await AdvanceAsync(_elsewhere, order, OrderEvent.PaymentSucceeded);
        await AdvanceAsync(_elsewhere, order, OrderEvent.ReservationConfirmed);
    }

    private async Task<string> GetAsync()
    {
        using var answer = await _here.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}", null, Owner);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<StreamReader> OpenAsync(RunningService replica, string? lastEventId = null)
    {
        (string, string)[] headers = lastEventId is null ? [Owner] : [Owner, ("Last-Event-ID", lastEventId)];
        var answer = await replica.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}/stream", null, headers);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var stream = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal(": connected", await stream.ReadLineAsync());
        return stream;
    }

    private async Task<IReadOnlyList<(string Id, string Event, string Data)>> EventsAsync(StreamReader stream, int count)
    {
        var events = new List<(string, string, string)>();
        while (events.Count < count)
        {
            var id = await NextLineAsync(stream);
            if (id is null || !id.StartsWith("id: ", StringComparison.Ordinal))
            {
                Assert.StartsWith(": ", id, StringComparison.Ordinal);
                continue;
            }

            events.Add((
                id["id: ".Length..],
                (await stream.ReadLineAsync())!["event: ".Length..],
                (await stream.ReadLineAsync())!["data: ".Length..]));
            Assert.Equal("", await stream.ReadLineAsync());
        }

        return events;
    }

    /// <summary>Lets time pass until the stream says something that is not blank.</summary>
    private async Task<string?> NextLineAsync(StreamReader stream)
    {
        var line = stream.ReadLineAsync();
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return line.IsCompleted;
        });
        return await line is { Length: 0 } ? await NextLineAsync(stream) : await line;
    }
}
