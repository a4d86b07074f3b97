using System.Text;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Tests.ServiceDefaults;

public class DerivedIdsTests
{
    [Fact]
    public void Version5_VectorOfRfc9562_IsMet()
    {
        var dns = new Guid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

        var id = DerivedIds.Version5(dns, Encoding.ASCII.GetBytes("www.example.com"));

        Assert.Equal(new Guid("2ed6657d-e927-568b-95e1-2665a8aea6a2"), id);
    }

    [Fact]
    public void Order_SameParts_IsTheSameForEver()
    {
        var id = DerivedIds.Order("shopper-1", "/api/v1/orders", "key-1");

        // Pinned: another value would give every stored order a second identity.
        Assert.Equal("3c713df5-0e9e-5046-9b05-1e2224eeead3", id);
    }

    [Theory]
    [InlineData("shopper-1", "/api/v1/orders", "key-2")]
    [InlineData("shopper-2", "/api/v1/orders", "key-1")]
    [InlineData("shopper-1", "/api/v1/sales/sale-1/orders", "key-1")]
    public void Order_AnyOtherPart_IsAnotherOrder(string user, string route, string key)
    {
        Assert.NotEqual(DerivedIds.Order("shopper-1", "/api/v1/orders", "key-1"), DerivedIds.Order(user, route, key));
    }

    [Fact]
    public void Of_PartsThatJoinAlike_Differ()
    {
        Assert.NotEqual(DerivedIds.Of("a", "bc"), DerivedIds.Of("ab", "c"));
        Assert.NotEqual(DerivedIds.Of("a", ""), DerivedIds.Of("a"));
        Assert.NotEqual(DerivedIds.Of("é"), DerivedIds.Of("e\u0301"));
    }
}
