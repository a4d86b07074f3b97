using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Shipping;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Order;

public sealed class ShipmentTests : IAsyncLifetime
{
    private const string Id = "00000000-0000-5000-8000-000000000001";
    private static readonly DateTimeOffset At = SampleOrders.Now.AddSeconds(3);
    private static readonly OrderConfirmed Confirmed = new($"{Id}:confirmed", Id, "shopper-1", new Money(1000, "CNY"), At, 4);
    private static readonly OrderRefunded Refunded = new($"{Id}:refunded", Id, "shopper-1", new Money(1000, "CNY"), At.AddHours(1), 5);

    private FakeSidecar _sidecar = null!;
    private RunningService _order = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _order = await RunningService.StartAsync(Build, _sidecar);
        await _order.Get<OrderRecords>().CreateAsync(SampleOrders.One(Id), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _order.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Confirmed_DeliveredTwice_IsPlannedOnceFromItsOwnTime()
    {
        Assert.Equal("SUCCESS", await DeliverAsync("orders-confirmed", Confirmed));
        Assert.Equal("SUCCESS", await DeliverAsync("orders-confirmed", Confirmed with { EventId = "again", At = At.AddDays(9) }));

        var shipment = await ShipmentAsync();

        Assert.Equal(("Planned", At, At.AddDays(2)), (Text(shipment, "status"), Time(shipment, "plannedAt"), Time(shipment, "shipBy")));
        Assert.Null(Time(shipment, "cancelledAt"));
    }

    [Fact]
    public async Task Refunded_Afterwards_CancelsThePlan()
    {
        await DeliverAsync("orders-confirmed", Confirmed);
        await DeliverAsync("orders-refunded", Refunded);
        await DeliverAsync("orders-refunded", Refunded);
        await DeliverAsync("orders-confirmed", Confirmed);

        var shipment = await ShipmentAsync();

        Assert.Equal(("Cancelled", At, Refunded.At), (Text(shipment, "status"), Time(shipment, "plannedAt"), Time(shipment, "cancelledAt")));
    }

    [Fact]
    public async Task Refunded_BeforeTheConfirmationCame_LeavesNothingToSend()
    {
        await DeliverAsync("orders-refunded", Refunded);
        await DeliverAsync("orders-confirmed", Confirmed);

        var shipment = await ShipmentAsync();

        Assert.Equal("Cancelled", Text(shipment, "status"));
        Assert.Null(Time(shipment, "plannedAt"));
        Assert.Null(Time(shipment, "shipBy"));
    }

    [Theory]
    [InlineData("not json", "DROP")]
    [InlineData("null", "DROP")]
    [InlineData("{}", "DROP")]
    [InlineData("""{"orderId":""}""", "DROP")]
    public async Task Event_Poison_IsDroppedOnPurpose(string body, string expected)
    {
        foreach (var route in (string[])["orders-confirmed", "orders-refunded"])
        {
            var answer = await _order.SendAsync(HttpMethod.Post, $"/events/{route}", Envelope.Around(body));
            Assert.Equal(expected, Text(await answer.JsonAsync(), "status"));
        }
    }

    [Fact]
    public async Task Event_OfAnotherType_IsTakenAndIgnored() => Assert.Equal("SUCCESS", await DeliverAsync("orders", new { anything = 1 }));

    [Fact]
    public async Task Event_StoreIsDown_IsToBeRetried()
    {
        _sidecar.StoreIsUp = false;

        Assert.Equal("RETRY", await DeliverAsync("orders-confirmed", Confirmed));
    }

    [Theory]
    [InlineData("shopper-1", "customer", true, 200)]
    [InlineData("operator-1", "operator", true, 200)]
    [InlineData("shopper-2", "customer", true, 404)]
    [InlineData("shopper-1", "customer", false, 404)]
    public async Task Get_Caller_SeesThePlansOfOwnOrders(string user, string role, bool isPlanned, int status)
    {
        if (isPlanned)
        {
            await DeliverAsync("orders-confirmed", Confirmed);
        }

        using var answer = await _order.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}/shipment", null, ("shop-user", user), ("shop-role", role));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.True(status == 200 || await answer.ProblemAsync() == "not-found");
    }

    [Fact]
    public async Task Get_WithTheETagOfThePlan_HasNoBodyUntilItChanges()
    {
        await DeliverAsync("orders-confirmed", Confirmed);
        using var before = await _order.SendAsync(
            HttpMethod.Get, $"/api/v1/orders/{Id}/shipment", null, ("shop-user", "shopper-1"), ("If-None-Match", "\"1\""));
        await DeliverAsync("orders-refunded", Refunded);
        using var after = await _order.SendAsync(
            HttpMethod.Get, $"/api/v1/orders/{Id}/shipment", null, ("shop-user", "shopper-1"), ("If-None-Match", "\"1\""));

        Assert.Equal((304, 200), ((int)before.StatusCode, (int)after.StatusCode));
        Assert.Equal("\"2\"", after.Headers.ETag!.Tag);
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<OrderTails>();
        builder.Services.AddSingleton<OrderLogReader>();
        builder.Services.AddSingleton<OrderRecords>();
        builder.Services.AddSingleton<OrderStore>();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapShipmentEvents();
        app.MapGetShipment();
        return app;
    }

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();

    private static DateTimeOffset? Time(JsonElement json, string member) =>
        json.GetProperty(member) is { ValueKind: JsonValueKind.String } time ? time.GetDateTimeOffset() : null;

    private Task<string?> DeliverAsync(string route, object body) => _order.DeliverAsync($"/events/{route}", Envelope.Of(body));

    private async Task<JsonElement> ShipmentAsync()
    {
        using var answer = await _order.SendAsync(HttpMethod.Get, $"/api/v1/orders/{Id}/shipment", null, ("shop-user", "shopper-1"));
        return await answer.JsonAsync();
    }
}
