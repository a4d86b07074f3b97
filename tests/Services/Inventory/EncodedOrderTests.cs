using System.Text.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Services.Order;

namespace DaprShop.Tests.Services.Inventory;

public sealed class EncodedOrderTests
{
    private static readonly OrderContent Order = SampleOrders.Two("o-1") with { SaleId = "spring", TraceParent = "00-\u00e9\"-01" };

    [Fact]
    public void Write_LooksLikeTheContentItWasMadeOf()
    {
        var order = Order.Encode();

        Assert.Equal(JsonSerializer.Serialize(Order, ShopJson.Documents), JsonSerializer.Serialize(order, ShopJson.Documents));
        Assert.Same(Order, order.Decode());
    }

    [Fact]
    public void Read_KeepsTheBytesAndKnowsWhatIsAskedOfEveryOrder()
    {
        // As a newer version might have written it: a member that is not known here is passed on.
        const string Json = """{ "added":{"orderId":"not this one"}, "orderId":"o-\u0031","userId":"u-1","bodyHash":"hash","lines":[] }""";

        var order = JsonSerializer.Deserialize<EncodedOrder>(Json, ShopJson.Documents)!;

        Assert.Equal(("o-1", "u-1", "hash", null), (order.OrderId, order.UserId, order.BodyHash, order.SaleId));
        Assert.Equal(Json, JsonSerializer.Serialize(order, ShopJson.Documents));
    }

    [Fact]
    public void Decode_OfWhatWasRead_IsTheContent()
    {
        var order = JsonSerializer.Deserialize<EncodedOrder>(JsonSerializer.Serialize(Order, ShopJson.Documents), ShopJson.Documents)!;

        var content = order.Decode();

        Assert.Equal("spring", order.SaleId);
        Assert.Equal(Order.Lines, content.Lines);
        Assert.Equal(Order, content with { Lines = Order.Lines });
    }

    [Fact]
    public void Read_Null_IsNone() =>
        Assert.Null(JsonSerializer.Deserialize<ReserveResult>(
            """{"outcome":"SoldOut","order":null,"replayed":false,"available":0}""", ShopJson.Documents)!.Order);

    [Theory]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("""{"orderId":"o-1","userId":"u-1"}""")]
    [InlineData("""{"orderId":"o-1","userId":"u-1","bodyHash":7}""")]
    [InlineData("""{"orderId":"o-1","userId":null,"bodyHash":"hash"}""")]
    public void Read_NoOrder_Throws(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<EncodedOrder>(json, ShopJson.Documents));
}
