using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Catalog;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Orders;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.Order.Reading;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.State;
using DaprShop.ServiceDefaults.Telemetry;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

/// <summary>A gateway's batch at the order service: each order is answered as by its own endpoint, byte for byte.</summary>
public sealed class PlaceOrdersTests : IAsyncLifetime
{
    private const string Orders = "/api/v1/orders";
    private const string InSale = "/api/v1/sales/spring/orders";
    private const string SaleBody = """{"quantity":1,"payment":{"source":"tok_ok"}}""";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    private readonly ManualClock _clock = new();
    private readonly ManualClock _standing = new();
    private readonly MeterReader _meters = new();
    private readonly LenientTime _time = new();
    private readonly OrderTails _tails = new();
    private readonly StubHttp _catalog;
    private readonly StubHttp _inventory;
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly IntakePace _pace;
    private FaultyStore _store = null!;
    private BulkReads _reads = null!;
    private OrderLog _log = null!;
    private OrderBatches _batches = null!;
    private OutcomePublisher _outcomes = null!;
    private RunningService _service = null!;

    public PlaceOrdersTests()
    {
        _catalog = new StubHttp((_, body) => new PriceList([.. Read<PriceQuery>(body).Skus
            .Where(sku => sku != "SKU-UNKNOWN")
            .Select(sku => new ProductPrice(sku, new Money(500, "CNY")))]));
        _inventory = new StubHttp(Inventory);
        _pace = new IntakePace(_tails, Options.Create(new IntakeOptions()), _standing);
        _pace.Accepting(count: 512);
    }

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _reads = BulkReadsTests.Over(_store.Sidecar.Address, _store.Calls);
        var prices = SampleOrders.PricesOf(_catalog);
        var inventory = new InventoryClient(_inventory.Client());
        var records = new OrderRecords(_store.Documents);
        var reader = new OrderLogReader(_store.Documents);
        var intake = new OrderIntake(
            orders: null!, records, workflows: null!, new UserOrders(_store.Documents), inventory, _tails, NullLogger<OrderIntake>.Instance);
        _log = new OrderLog(
            _store.Documents, _tails, reader, intake, _pace, new ReplicaName("replica-a"), new IdSource(), _time, NullLogger<OrderLog>.Instance);
        await _log.StartAsync(CancellationToken.None);
        await Eventually.True(() => _log.CanAccept);
        var options = Options.Create(new IntakeOptions { MaxUntold = 2 });
        _batches = new OrderBatches(_reads, prices, inventory, _log, _tails, _pace, options, _time, NullLogger<OrderBatches>.Instance);
        _outcomes = new OutcomePublisher(_store.Events);
        var acceptance = new OrderAcceptance(
            _batches,
            new OrderStore(_store.Documents, records, _tails, reader),
            prices,
            new OrderReservation(inventory, _store.Documents, _time),
            _log,
            _tails,
            _outcomes,
            options,
            _time);
        _service = await RunningService.StartAsync(builder => Build(builder, acceptance, new SaleOffers(inventory), new RefusedOrders(_meters)), clock: _clock);
    }

    public async Task DisposeAsync()
    {
        _open.Set();
        await _service.DisposeAsync();
        await _batches.DisposeAsync();
        await _log.StopAsync(CancellationToken.None);
        _log.Dispose();
        _reads.Dispose();
        _meters.Dispose();
        _open.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Place_WhateverItIs_IsAnsweredAsByItsOwnEndpoint()
    {
        await AloneAsync(new Sent(Orders, "k-known", Line("SKU-1001")));
        await AloneAsync(new Sent(InSale, "k-known", SaleBody));
        Sent[] sent =
        [
            new(Orders, "k-known", Line("SKU-1001")),
            new(Orders, "k-known", Line("SKU-1001", quantity: 2)),
            new(InSale, "k-known", SaleBody),
            new(Orders, "k-mark", "\uFEFF" + Line("SKU-EMPTY")),
            new(Orders, "k-sold-out", Line("SKU-EMPTY")),
            new(Orders, "k-reused", Line("SKU-REUSED")),
            new(Orders, "k-busy", Line("SKU-BUSY")),
            new(Orders, "k-lost", Line("SKU-LOST")),
            new(Orders, "k-unknown", Line("SKU-UNKNOWN")),
            new(Orders, "k-quantity", Line("SKU-1001", quantity: 0)),
            new(Orders, "k-lines", """{"items":[],"payment":{"source":"?"}}"""),
            new(Orders, "k-null-line", """{"items":[null],"payment":{"source":"tok_ok"}}"""),
            new(Orders, "k-null", "null"),
            new(Orders, "k-array", "[]"),
            new(Orders, "k-text", "\"x\""),
            new(Orders, "k-no-json", "quantity=1"),
            new(Orders, "k-cut", "{\"items\":[{\"sku\":"),
            new(Orders, "k-two", Line("SKU-1001") + "{}"),
            new(Orders, "k-comment", "{/* one */}"),
            new(Orders, "k-member", """{"nonsense":{"a":1}}"""),
            new(Orders, "k-umlaut", """{"größe \"<&\"":1}"""),
            new(Orders, "k-twice", """{"items":[],"items":[],"payment":{"source":"tok_ok"}}"""),
            new(Orders, "k-missing", """{"items":[{"sku":"SKU-1001"}]}"""),
            new(Orders, "k-type", """{"items":[{"sku":7,"quantity":"1"}],"payment":{"source":"tok_ok"}}"""),
            new(Orders, "k-range", """{"items":[{"sku":"SKU-1001","quantity":99999999999}],"payment":{"source":"tok_ok"}}"""),
            new(Orders, "k-surrogate", """{"items":[{"sku":"\ud800","quantity":1}],"payment":{"source":"tok_ok"}}"""),
            new(Orders, "k-deep", new string('[', 100)),
            new(InSale, "k-sale-quantity", """{"quantity":0,"payment":{"source":"tok_ok"}}"""),
            new(InSale, "k-sale-null", "null"),
            new("/api/v1/sales/none/orders", "k-no-sale", SaleBody),
            new("/api/v1/sales/broken/orders", "k-broken-sale", SaleBody),
        ];

        var together = await TogetherAsync(sent);

        for (var index = 0; index < sent.Length; index++)
        {
            var alone = await AloneAsync(sent[index]);
            Assert.Equal((sent[index].Key, Describe(alone)), (sent[index].Key, Describe(together[index])));
        }

        Assert.Equal(
            [202, 422, 202, 409, 409, 422, 429, 503], together.Take(8).Select(answer => answer.Status));
        Assert.Equal([400, 404, 503], together.Select(answer => answer.Status).Skip(8).Distinct());
        Assert.Equal(["SKU-EMPTY", "SKU-EMPTY"], together.Where(answer => answer.SoldOutPool is not null).Select(answer => answer.SoldOutPool));
    }

    [Fact]
    public async Task Place_ThroughEitherDoor_CountsWhatWasRefusedAndWhy()
    {
        Sent[] sent =
        [
            new(Orders, "k-1", Line("SKU-1001")),
            new(Orders, "k-sold-out", Line("SKU-EMPTY")),
            new(Orders, "k-busy", Line("SKU-BUSY")),
            new(Orders, "k-lost", Line("SKU-LOST")),
            new(Orders, "k-quantity", Line("SKU-1001", quantity: 0)),
            new("/api/v1/sales/none/orders", "k-no-sale", SaleBody),
        ];

        await TogetherAsync(sent);
        foreach (var one in sent)
        {
            await AloneAsync(one);
        }

        Assert.Equal(["dependency-unavailable 2", "not-found 2", "overloaded 2", "sold-out 2", "validation 2"], _meters.Read(RefusedOrders.Name));
        Assert.Equal(1, _tails.Accepted);
    }

    [Fact]
    public async Task Place_NewOrders_AreAcceptedInTheTracesOfTheirRequests()
    {
        var answers = await TogetherAsync(
            new Sent(Orders, "k-1", Line("SKU-1001")),
            new Sent(Orders, "k-2", Line("SKU-1002"), "1" + Trace[1..]),
            new Sent(InSale, "k-1", SaleBody, "2" + Trace[1..]));

        Assert.Equal([202, 202, 202], answers.Select(answer => answer.Status));
        var ids = new[] { DerivedIds.Order("shopper-1", Orders, "k-1"), DerivedIds.Order("shopper-1", Orders, "k-2"), DerivedIds.Order("shopper-1", InSale, "k-1") };
        Assert.Equal(ids.Select(id => $"/api/v1/orders/{id}"), answers.Select(answer => answer.Location));
        Assert.All(answers, answer => Assert.Equal(("\"1\"", false), (answer.ETag, answer.Replayed)));
        Assert.Equal([Trace, "1" + Trace[1..], "2" + Trace[1..]], ids.Select(id => _tails.Find(id)!.TraceParent!.Split('-')[1]));
        var first = await AloneAsync(new Sent(Orders, "k-1", Line("SKU-1001")));
        Assert.Equal((true, Text(answers[0].Body)), (first.Replayed, Text(first.Body)));
    }

    [Fact]
    public async Task Place_OneOrderHangs_IsUnknownAndTheOthersAreAnswered()
    {
        _open.Reset();
        var batch = TogetherAsync(new Sent(Orders, "k-bad", "{"), new Sent(Orders, "k-hangs", Line("SKU-1001")));
        await Eventually.True(() => !_inventory.Requests.IsEmpty);

        _clock.Advance(PlaceOrdersEndpoint.Patience);
        var answers = await batch;

        Assert.Equal([400, 503], answers.Select(answer => answer.Status));
        Assert.Equal("1", answers[1].RetryAfter);
        Assert.Contains("dependency-unavailable", Text(answers[1].Body), StringComparison.Ordinal);
        _open.Set();
        Assert.Equal(202, (await AloneAsync(new Sent(Orders, "k-hangs", Line("SKU-1001")))).Status);
    }

    [Fact]
    public async Task Place_BrokerIsAwayAndHasMuchToBeTold_IsRefusedUntilItIsBackButRepeatsAreAnswered()
    {
        var placed = await AloneAsync(new Sent(Orders, "k-1", Line("SKU-1001")));
        var placedState = OrderState.AsPlaced(SampleOrders.One());
        var ended = placedState with { Timeline = [.. placedState.Timeline, placedState.Timeline[0] with { Status = OrderStatus.Confirmed }] };
        Task TellAsync(string order) => _outcomes.PublishAsync(SampleOrders.One(order), ended, OrderStatus.Confirmed);
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => TellAsync("o-1"));
        var one = await AloneAsync(new Sent(Orders, "k-2", Line("SKU-1001")));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => TellAsync("o-1"));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => TellAsync("o-2"));

        var two = await AloneAsync(new Sent(Orders, "k-3", Line("SKU-1001")));
        var repeat = await AloneAsync(new Sent(Orders, "k-1", Line("SKU-1001")));
        _store.Sidecar.HasBroker = true;
        await TellAsync("o-2");
        var after = await AloneAsync(new Sent(Orders, "k-3", Line("SKU-1001")));

        Assert.Equal([202, 202, 503, 202, 202], new[] { placed, one, two, repeat, after }.Select(answer => answer.Status));
        Assert.Equal(("1", true), (two.RetryAfter, repeat.Replayed));
        Assert.Contains("dependency-unavailable", Text(two.Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OrderBatchFormat.ContentType, new byte[] { })]
    [InlineData(OrderBatchFormat.ContentType, new byte[] { 2, 0, 1 })]
    [InlineData(OrderBatchFormat.ContentType, new byte[] { 1, 0, 0 })]
    [InlineData(OrderBatchFormat.ContentType, new byte[] { 1, 0, 129 })]
    [InlineData(OrderBatchFormat.ContentType, new byte[] { 1, 0, 1, 0, 9, 47 })]
    [InlineData("application/json", new byte[] { 123, 125 })]
    public async Task Place_NoBatch_IsRefusedAsAWhole(string contentType, byte[] body)
    {
        using var answer = await PostAsync(contentType, body);

        Assert.Equal((HttpStatusCode.BadRequest, "validation"), (answer.StatusCode, await answer.ProblemAsync()));
        Assert.Empty(_inventory.Requests);
    }

    [Fact]
    public async Task Place_BatchOverItsLimit_Is413()
    {
        using var answer = await PostAsync(OrderBatchFormat.ContentType, new byte[PassedOrder.MaxBatchBytes + 1]);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Place_LargestBatch_IsTaken()
    {
        var padding = new string(' ', PassedOrder.MaxBodyBytes - Line("SKU-EMPTY").Length);

        var answers = await TogetherAsync(
            [.. Enumerable.Range(0, PassedOrder.MaxOrders).Select(n => new Sent(Orders, $"{n}".PadRight(255, 'k'), Line("SKU-EMPTY") + padding))]);

        Assert.Equal(PassedOrder.MaxOrders, answers.Count);
        Assert.All(answers, answer => Assert.Equal(409, answer.Status));
    }

    private static WebApplication Build(WebApplicationBuilder builder, OrderAcceptance acceptance, SaleOffers sales, RefusedOrders refusals)
    {
        builder.AddServiceDefaults(options => options.UseSidecar = false);
        builder.Services.AddSingleton(acceptance);
        builder.Services.AddSingleton(sales);
        builder.Services.AddSingleton(refusals);
        builder.Services.AddSingleton<OrderPlacing>();
        var app = builder.Build();
        app.MapPlaceOrder();
        app.MapPlaceSaleOrder();
        app.MapPlaceOrders();
        return app;
    }

    private static string Line(string sku, int quantity = 1) =>
        $$$"""{"items":[{"sku":"{{{sku}}}","quantity":{{{quantity}}}}],"payment":{"source":"tok_ok"}}""";

    private async Task<IReadOnlyList<OrderAnswer>> TogetherAsync(params Sent[] sent)
    {
        var batch = OrderBatchFormat.WriteOrders([.. sent.Select(order => new PassedOrder(
            order.Path, "shopper-1", "customer", order.Key, order.TraceParent, Encoding.UTF8.GetBytes(order.Body)))]);
        using var answer = await PostAsync(OrderBatchFormat.ContentType, batch.ToArray());
        Assert.Equal((HttpStatusCode.OK, OrderBatchFormat.ContentType), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        return OrderBatchFormat.ReadAnswers(await answer.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpResponseMessage> PostAsync(string contentType, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, PlaceOrdersEndpoint.Route) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        // Refused before it is sent: a connection that is closed amid a body would hide the answer.
        request.Headers.ExpectContinue = body.Length > PassedOrder.MaxBatchBytes;
        return await _service.Client.SendAsync(request);
    }

    /// <summary>The same order at the endpoint of its path.</summary>
    private async Task<OrderAnswer> AloneAsync(Sent sent)
    {
        using var answer = await _service.SendAsync(
            HttpMethod.Post, sent.Path, sent.Body,
            ("shop-user", "shopper-1"), ("shop-role", "customer"), ("Idempotency-Key", sent.Key), ("traceparent", sent.TraceParent));
        return new OrderAnswer(
            (int)answer.StatusCode,
            answer.Content.Headers.ContentType!.ToString(),
            answer.Headers.Location?.OriginalString,
            answer.Headers.ETag?.ToString(),
            Header(answer, "Retry-After"),
            Header(answer, "Idempotency-Replayed") == "true",
            Header(answer, "shop-sold-out"),
            await answer.Content.ReadAsByteArrayAsync());
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static string Describe(OrderAnswer answer) =>
        $"{answer.Status} {answer.ContentType} {answer.Location} {answer.ETag} {answer.RetryAfter} {answer.Replayed} {answer.SoldOutPool} {Text(answer.Body)}";

    private static string Text(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);

    private object? Inventory(string path, string body)
    {
        Assert.True(_open.Wait(TimeSpan.FromSeconds(60)), "the test never let inventory answer");
        return path switch
        {
            "/internal/sales/spring" => new SaleOffer("spring", "SKU-1002", new Money(400, "CNY")),
            "/internal/sales/none" => HttpStatusCode.NotFound,
            "/internal/sales/broken" => null,
            _ => new ReserveManyResult([.. Read<ReserveMany>(body).Commands.Select(Reserve)]),
        };
    }

    private static ReserveResult Reserve(Reserve command) => new(
        command.Sku switch
        {
            "SKU-EMPTY" => ReserveOutcome.SoldOut,
            "SKU-REUSED" => ReserveOutcome.KeyReused,
            "SKU-BUSY" => ReserveOutcome.Overloaded,
            "SKU-LOST" => ReserveOutcome.Unavailable,
            _ => ReserveOutcome.Reserved,
        },
        Order: null,
        Replayed: false,
        Available: 1);

    private static T Read<T>(string body) => JsonSerializer.Deserialize<T>(body, ShopJson.Documents)!;

    private sealed record Sent(string Path, string Key, string Body, string TraceId = Trace)
    {
        public string TraceParent => $"00-{TraceId}-b7ad6b7169203331-01";
    }
}
