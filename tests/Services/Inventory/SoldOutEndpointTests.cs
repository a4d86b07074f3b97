using System.Net;
using System.Text.Json;
using Dapr.Actors.Client;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Services.Order;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Inventory;

public sealed class SoldOutEndpointTests : IAsyncLifetime
{
    private const string Sku = "SKU-1001";
    private const string Route = $"/internal/sold-out/{Sku}";

    private FakeSidecar _sidecar = null!;
    private RunningService _service = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _service = await StartAsync();
        await _service.SendAsync(HttpMethod.Put, $"/api/v1/stock/{Sku}", """{"initial":3}""", ("shop-user", "operator-1"), ("shop-role", "operator"));
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Get_UnitsLeft_IsNotSoldOutHoweverFew()
    {
        await ReserveAsync("o-1", quantity: 2);

        var view = await ReadAsync();

        Assert.Equal((false, 0L), (view.IsSoldOut, view.Version));
    }

    [Fact]
    public async Task Get_NoUnitLeft_HasEveryOrderOfTheStockInItsFilter()
    {
        await ReserveAsync("o-1", quantity: 1);
        await ReserveAsync("o-2", quantity: 2);

        var view = await ReadAsync();

        var filter = IdFilter.Read(view.Filter.Span, view.Hashes)!;
        Assert.True(view.IsSoldOut);
        Assert.True(filter.MayContain("o-1") && filter.MayContain("o-2"));
        Assert.False(filter.MayContain("o-3"));
    }

    [Fact]
    public async Task Get_OrderWhoseUnitsWereGivenBackAndTakenByAnother_StillHasIt()
    {
        await ReserveAsync("o-1", quantity: 3);
        await ChangeAsync("hold", "o-1");
        await ChangeAsync("release", "o-1");
        await ReserveAsync("o-2", quantity: 3);

        var view = await ReadAsync();

        var filter = IdFilter.Read(view.Filter.Span, view.Hashes)!;
        Assert.True(view.IsSoldOut && filter.MayContain("o-1") && filter.MayContain("o-2"));
    }

    [Fact]
    public async Task Get_KnownVersion_Is304UntilSomethingChanges()
    {
        await ReserveAsync("o-1", quantity: 3);
        var first = await _service.SendAsync(HttpMethod.Get, Route);
        var tag = first.Headers.ETag!.Tag;

        // A saga's steps change neither who had units nor that there are none.
        await ChangeAsync("hold", "o-1");
        var same = await _service.SendAsync(HttpMethod.Get, Route, null, ("If-None-Match", tag));
        await RestockAsync(1);
        var restocked = await _service.SendAsync(HttpMethod.Get, Route, null, ("If-None-Match", tag));
        await ReserveAsync("o-2", quantity: 1);
        var soldAgain = await _service.SendAsync(HttpMethod.Get, Route, null, ("If-None-Match", tag));

        Assert.Equal((HttpStatusCode.NotModified, tag), (same.StatusCode, same.Headers.ETag?.Tag));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (restocked.StatusCode, soldAgain.StatusCode));
        Assert.False((await restocked.JsonAsync()).GetProperty("isSoldOut").GetBoolean());
        Assert.True((await soldAgain.JsonAsync()).GetProperty("isSoldOut").GetBoolean());
    }

    [Fact]
    public async Task Get_AnotherReplicaSoldTheRest_SeesIt()
    {
        await using var another = await StartAsync();
        Assert.False((await ReadAsync(another)).IsSoldOut);

        await ReserveAsync("o-1", quantity: 3);

        var view = await ReadAsync(another);
        Assert.True(view.IsSoldOut && IdFilter.Read(view.Filter.Span, view.Hashes)!.MayContain("o-1"));
    }

    [Fact]
    public async Task Get_StockThatNobodyCreated_IsSoldOutAsItsBuyersAreTold()
    {
        var answer = await _service.SendAsync(HttpMethod.Get, "/internal/sold-out/SKU-9");

        Assert.Equal((true, 1L), ((await answer.JsonAsync()).GetProperty("isSoldOut").GetBoolean(), (await answer.JsonAsync()).GetProperty("version").GetInt64()));
    }

    [Theory]
    [InlineData("sku-1")]
    [InlineData("A_B")]
    public async Task Get_NoSku_Is404(string pool) =>
        Assert.Equal("not-found", await (await _service.SendAsync(HttpMethod.Get, $"/internal/sold-out/{pool}")).ProblemAsync());

    private async Task<SoldOutView> ReadAsync(RunningService? service = null)
    {
        var answer = await (service ?? _service).SendAsync(HttpMethod.Get, Route);
        var view = JsonSerializer.Deserialize<SoldOutView>(await answer.Content.ReadAsStringAsync(), ShopJson.Documents)!;
        Assert.Equal($"\"{view.Version}\"", answer.Headers.ETag?.Tag);
        return view;
    }

    private async Task ReserveAsync(string orderId, int quantity)
    {
        var body = JsonSerializer.Serialize(
            new ReserveMany([new Reserve(orderId, Sku, quantity, SampleOrders.One(orderId, quantity: quantity).Encode())]), ShopJson.Documents);
        var answer = await (await _service.SendAsync(HttpMethod.Post, "/internal/reservations/batch", body)).JsonAsync();
        Assert.Equal("Reserved", answer.GetProperty("results")[0].GetProperty("outcome").GetString());
    }

    private async Task ChangeAsync(string step, string orderId)
    {
        var body = JsonSerializer.Serialize(new ChangeReservation(Sku, orderId, "shopper-1"), ShopJson.Documents);
        var answer = await (await _service.SendAsync(HttpMethod.Post, $"/internal/reservations/{step}", body)).JsonAsync();
        Assert.True(answer.GetProperty("done").GetBoolean());
    }

    private async Task RestockAsync(int quantity)
    {
        var answer = await _service.SendAsync(
            HttpMethod.Post, $"/api/v1/stock/{Sku}/restocks", $$"""{"quantity":{{quantity}}}""",
            ("shop-user", "operator-1"), ("shop-role", "operator"), ("Idempotency-Key", "r-1"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private Task<RunningService> StartAsync() => RunningService.StartAsync(
        builder =>
        {
            builder.AddServiceDefaults();
            builder.Services.AddSingleton<StockPools>();
            builder.Services.AddSingleton<StockViews>();
            builder.Services.AddSingleton<IActorProxyFactory>(new ActorProxyFactory());
            var app = builder.Build();
            app.MapStock();
            app.MapReserveMany();
            app.MapChangeReservation();
            app.MapSoldOut();
            return app;
        },
        _sidecar);
}
