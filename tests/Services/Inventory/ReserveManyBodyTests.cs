using System.Text;
using System.Text.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Reservations;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Services.Order;

namespace DaprShop.Tests.Services.Inventory;

public sealed class ReserveManyBodyTests
{
    [Fact]
    public void Read_SeveralCommands_AreWhatTheSerializerWrote()
    {
        var commands = new[]
        {
            new Reserve("o-1:1:SKU-1001", "SKU-1001", 1, SampleOrders.Two("o-1").Encode()),
            new Reserve("o-2", "SKU-9", 999, SampleOrders.One("o-2").Encode()),
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(new ReserveMany(commands), ShopJson.Documents);

        var read = ReserveManyBody.Read(json);

        Assert.Equal(commands.Select(Shown), read.Select(Shown));
    }

    [Fact]
    public void Read_UnknownMembers_AreIgnored()
    {
        var read = ReserveManyBody.Read(
            """
            {"added":[{}],"more":1,
             "commands":[{"added":{"sku":"no"},"quantity":2,"sku":"SKU-1","order":{"orderId":"o","userId":"u","bodyHash":"h"},"reservationId":"r"}]}
            """u8);

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
    public void Read_NoSuchBody_Throws(string json) =>
        Assert.ThrowsAny<JsonException>(() => ReserveManyBody.Read(Encoding.UTF8.GetBytes(json)));

    private static (string, string, int, string) Shown(Reserve command) =>
        (command.ReservationId, command.Sku, command.Quantity, Encoding.UTF8.GetString(command.Order.Json.Span));
}
