using System.Text.Json;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests.ServiceDefaults;

public class ShopJsonTests
{
    private const string Good = """{"items":[{"sku":"SKU-1","quantity":1}],"payment":{"source":"tok_ok"}}""";

    [Fact]
    public void Requests_GoodOrder_IsRead()
    {
        var order = JsonSerializer.Deserialize<PlaceOrder>(Good, ShopJson.Requests)!;

        Assert.Equal(new PlaceOrderLine("SKU-1", 1), order.Items.Single());
        Assert.Equal("tok_ok", order.Payment.Source);
    }

    [Theory]
    [InlineData("quantity\":1", "quantity\":\"1\"", "items[0].quantity", "is of the wrong type or out of range")]
    [InlineData("quantity\":1", "quantity\":1.5", "items[0].quantity", "is of the wrong type or out of range")]
    [InlineData("quantity\":1", "quantity\":2147483648", "items[0].quantity", "is of the wrong type or out of range")]
    [InlineData("quantity\":1", "quantity\":true", "items[0].quantity", "is of the wrong type or out of range")]
    [InlineData("quantity\":1", "quantity\":null", "items[0].quantity", "is of the wrong type or out of range")]
    [InlineData(",\"quantity\":1", "", "items[0].quantity", "is required")]
    [InlineData("\"quantity\":1", "\"quantity\":1,\"colour\":\"red\"", "items[0].colour", "is not a known member")]
    [InlineData("\"quantity\":1", "\"quantity\":1,\"quantity\":2", "items[0].quantity", "is given more than once")]
    [InlineData("\"items\"", "\"Items\"", "Items", "is not a known member")]
    [InlineData("\"tok_ok\"", "null", "payment.source", "must not be null")]
    [InlineData("}}", "},\"priority\":1}", "priority", "is not a known member")]
    [InlineData("}}", "}", "$", "is not valid JSON")]
    [InlineData("}}", "},}", "$", "is not valid JSON")]
    public void Requests_BadMember_IsNamedWithWhatIsWrong(string from, string to, string member, string message)
    {
        var fault = Assert.Throws<JsonException>(() =>
            JsonSerializer.Deserialize<PlaceOrder>(Good.Replace(from, to, StringComparison.Ordinal), ShopJson.Requests));

        var errors = JsonFaults.Describe(fault);

        Assert.Equal([message], errors[member]);
        Assert.DoesNotContain("DaprShop", string.Concat(errors.Values.SelectMany(messages => messages)));
    }

    [Fact]
    public void Requests_SeveralMissing_AreAllNamed()
    {
        var fault = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PlaceOrder>("{}", ShopJson.Requests));

        Assert.Equal(["items", "payment"], JsonFaults.Describe(fault).Keys.Order());
    }

    [Fact]
    public void Documents_UnknownMember_IsIgnored()
    {
        var order = JsonSerializer.Deserialize<PlaceOrder>(Good.Replace("}}", "},\"since\":\"v9\"}"), ShopJson.Documents)!;

        Assert.Equal(1, order.Items.Single().Quantity);
    }

    [Fact]
    public void Documents_EnumAndTime_AreTextInUtc()
    {
        var reservation = new AuditedReservation(
            "r", "o", ReservationState.Held, 1, new DateTimeOffset(2026, 1, 2, 11, 4, 5, 250, TimeSpan.FromHours(8)));

        var json = JsonSerializer.Serialize(reservation, ShopJson.Documents);

        Assert.Equal("""{"reservationId":"r","orderId":"o","state":"Held","quantity":1,"reservedAt":"2026-01-02T03:04:05.25Z"}""", json);
        Assert.Equal(reservation, JsonSerializer.Deserialize<AuditedReservation>(json, ShopJson.Documents));
    }

    [Fact]
    public void Documents_EnumAsNumber_IsRefused()
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ReservationState>("1", ShopJson.Documents));
    }
}
