using DaprShop.Contracts.Inventory;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Services.Order;

public sealed class AcceptanceOutcomeTests
{
    [Fact]
    public void Answer_SoldOut_NamesTheSkuToTheGateway() => Assert.Equal("SKU-1001", SoldOutHeader(AcceptanceOutcome.NotReserved(ReserveOutcome.SoldOut, "SKU-1001")));

    [Fact]
    public void Answer_AnyOtherRefusal_NamesNone()
    {
        var refusals = new[]
        {
            AcceptanceOutcome.NotReserved(ReserveOutcome.SaleEnded, "sale:spring"), AcceptanceOutcome.KeyReused(), AcceptanceOutcome.Overloaded("orders"),
            AcceptanceOutcome.Refused(Problems.NotFound("none")),
        };

        Assert.All(refusals, refusal => Assert.Equal("", SoldOutHeader(refusal)));
    }

    private static string SoldOutHeader(AcceptanceOutcome outcome)
    {
        var context = new DefaultHttpContext();
        OrderAcceptance.Answer(context, outcome);
        return context.Response.Headers["shop-sold-out"].ToString();
    }
}
