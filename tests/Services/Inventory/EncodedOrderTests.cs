using System.Text;
using System.Text.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Reservations;
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

    [Fact]
    public void Body_OfSeveralCommands_IsReadAsTheSerializerReadsIt()
    {
        var commands = new[] { new Reserve("o-1:1:SKU-1001", "SKU-1001", 1, Order.Encode()), new Reserve("o-2", "SKU-9", 999, SampleOrders.One("o-2").Encode()) };
        var json = JsonSerializer.SerializeToUtf8Bytes(new ReserveMany(commands), ShopJson.Documents);

        var read = ReserveManyBody.Read(json);

        Assert.Equal(commands.Select(Shown), read.Select(Shown));
    }

    [Fact]
    public void Body_UnknownMembers_AreIgnored()
    {
        var read = ReserveManyBody.Read(
            """{"added":[{}],"commands":[{"added":{"sku":"no"},"quantity":2,"sku":"SKU-1","order":{"orderId":"o","userId":"u","bodyHash":"h"},"reservationId":"r"}],"more":1}"""u8);

        Assert.Equal(("r", "SKU-1", 2, "o"), (read[0].ReservationId, read[0].Sku, read[0].Quantity, read[0].Order.OrderId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"commands":null}""")]
    [InlineData("""{"commands":[null]}""")]
    [InlineData("""{"commands":[{"reservationId":"r","sku":"SKU-1","quantity":2}]}""")]
    [InlineData("""{"commands":[{"reservationId":"r","sku":"SKU-1","quantity":2,"order":null}]}""")]
    [InlineData("""{"commands":[{"reservationId":"r","sku":"SKU-1","quantity":1.5,"order":{"orderId":"o","userId":"u","bodyHash":"h"}}]}""")]
    [InlineData("""{"commands":[{"reservationId":"r","sku":7}]}""")]
    [InlineData("""{"commands":[]""")]
    [InlineData("""{"commands":[]}{}""")]
    public void Body_NotSuchABody_Throws(string json) =>
        Assert.ThrowsAny<JsonException>(() => ReserveManyBody.Read(Encoding.UTF8.GetBytes(json)));

    private static (string, string, int, string) Shown(Reserve command) =>
        (command.ReservationId, command.Sku, command.Quantity, Encoding.UTF8.GetString(command.Order.Json.Span));
}
