using System.Text;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Order;

public sealed class AcceptedOrderTests
{
    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    [InlineData("odd")]
    [InlineData("stale")]
    public async Task Execute_LooksLikeTheOrderFromTheApi(string which)
    {
        var order = Order(which);
        var view = OrderViews.Of(order, stored: null);

        var written = await AnswerAsync(new AcceptedOrder(order));
        var serialized = await AnswerAsync(TypedResults.Accepted(OrderViews.Path(order.OrderId), view));

        Assert.Equal(serialized.Body, written.Body);
        Assert.Equal((202, serialized.Response.ContentType), (written.Response.StatusCode, written.Response.ContentType));
        Assert.Equal(serialized.Response.Headers.Location, written.Response.Headers.Location);
        Assert.Equal((ETags.Of(view.Version), Encoding.UTF8.GetByteCount(written.Body)), (written.Response.Headers.ETag, written.Response.ContentLength));
    }

    private static OrderContent Order(string which) => which switch
    {
        "one" => SampleOrders.One(),
        "two" => SampleOrders.Two(),
        "stale" => SampleOrders.One() with { PricesAsOf = SampleOrders.Now.AddMinutes(-3) },
        _ => SampleOrders.One("o-3", quantity: 999) with { CreatedAt = SampleOrders.Now.AddTicks(1234567), SaleId = "spring", TraceParent = "00-1-1-01" },
    };

    private static async Task<(string Body, HttpResponse Response)> AnswerAsync(IResult result)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .ConfigureHttpJsonOptions(http => ShopJson.ApplyRequests(http.SerializerOptions))
            .BuildServiceProvider();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = services, Response = { Body = body } };
        await result.ExecuteAsync(context);
        return (Encoding.UTF8.GetString(body.ToArray()), context.Response);
    }
}
