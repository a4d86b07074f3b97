using System.Text.RegularExpressions;

namespace DaprShop.Tests;

/// <summary>The sidecar is Dapr for any application; it must not learn this one's words.</summary>
public sealed partial class SidecarVocabularyTests
{
    // "order" and "catalog" alone mean other things in any program, so they count only as part of names that mean the shop's.
    private static readonly string[] ShopWords =
    [
        "payment", "payments", "inventory", "sku", "skus", "cart", "carts", "refund", "refunds", "checkout", "orders", "customer", "customers",
        "shopper", "merchant", "invoice", "loyalty", "shipment", "warehouse", "daprshop",
    ];

    [Fact]
    public void Sidecar_Sources_KnowNoShopWords()
    {
        var files = new[] { ".cs", ".proto", ".csproj" }.SelectMany(ending => Repository.Files("sidecar", ending));

        var found = files.SelectMany(file => Found(Repository.Read(file)).Select(word => $"{file}: {word}"));

        Assert.True(!found.Any(), string.Join('\n', found));
    }

    [Theory]
    [InlineData("var paymentId = 1;", "payment")]
    [InlineData("OrderId", "OrderId")]
    [InlineData("record OrderPlaced;", "OrderPlaced")]
    [InlineData("in order to; ORDER BY id; OrderBy(x); ordered; OrderAttempt", "")]
    [InlineData("ComponentCatalog", "")]
    public void Words_OfCode_AreFound(string code, string found) => Assert.Equal(found, string.Join(',', Found(code)));

    private static IEnumerable<string> Found(string text) =>
        Word().Matches(text).Select(match => match.Value).Where(word => ShopWords.Contains(word.ToLowerInvariant()))
            .Select(word => word.ToLowerInvariant())
            .Concat(OrderName().Matches(text).Select(match => match.Value));

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b[oO]rder(Id|Placed|Confirmed|Cancelled|Store|Total|Line|Lines|State|Status|Workflow|Saga)\b")]
    private static partial Regex OrderName();
}
