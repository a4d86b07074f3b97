using DaprShop.Contracts.Api;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests.Services.Order;

public sealed class PlaceOrderRequestsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public void Validate_QuantityOutOfRange_NamesTheLine(int quantity)
    {
        var request = new PlaceOrder([new PlaceOrderLine("SKU-1001", 1), new PlaceOrderLine("SKU-1002", quantity)], new PaymentSource("tok_ok"));

        Assert.Equal(["items[1].quantity"], Members(request));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sku-1001")]
    [InlineData("SKU||1001")]
    [InlineData("SKU-1001/0")]
    public void Validate_BadSku_NamesTheLine(string sku)
    {
        var request = new PlaceOrder([new PlaceOrderLine(sku, 1)], new PaymentSource("tok_ok"));

        Assert.Equal(["items[0].sku"], Members(request));
    }

    [Fact]
    public void Validate_RepeatedSku_NamesTheSecondLine()
    {
        var request = new PlaceOrder([new PlaceOrderLine("SKU-1001", 1), new PlaceOrderLine("SKU-1001", 2)], new PaymentSource("tok_ok"));

        Assert.Equal(["items[1].sku"], Members(request));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(51)]
    public void Validate_NumberOfLinesOutOfRange_NamesItems(int lines)
    {
        var request = new PlaceOrder(
            [.. Enumerable.Range(0, lines).Select(line => new PlaceOrderLine($"SKU-{line}", 1))], new PaymentSource("tok_ok"));

        Assert.Equal(["items"], Members(request));
    }

    [Fact]
    public void Validate_EverythingWrong_NamesAllOfIt()
    {
        var request = new PlaceOrder([new PlaceOrderLine("x", 0)], new PaymentSource("no spaces allowed"));

        Assert.Equal(["items[0].quantity", "items[0].sku", "payment.source"], Members(request));
    }

    [Fact]
    public void Hash_SameContent_IsTheSame_AndAnyDifferenceShows()
    {
        static PlaceOrder Make(string sku, int quantity, string source) => new([new PlaceOrderLine(sku, quantity)], new PaymentSource(source));

        var hashes = new[]
        {
            Make("SKU-1001", 1, "tok_ok"), Make("SKU-1001", 2, "tok_ok"), Make("SKU-1002", 1, "tok_ok"), Make("SKU-1001", 1, "tok_slow"),
        }.Select(RequestHash.Of).ToList();

        Assert.Equal(4, hashes.Distinct().Count());
        Assert.Equal(hashes[0], RequestHash.Of(Make("SKU-1001", 1, "tok_ok")));
    }

    private static IEnumerable<string> Members(PlaceOrder request)
    {
        var errors = new ValidationErrors();
        PlaceOrderRequests.Validate(request, errors);
        return errors.TryGetProblem(out var problem)
            ? ((IReadOnlyDictionary<string, string[]>)problem.ProblemDetails.Extensions["errors"]!).Keys.Order(StringComparer.Ordinal)
            : [];
    }
}
