using DaprShop.Reliability.Drills;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Tests;

public sealed class DrillBookTests
{
    [Fact]
    public void Drills_AreNamedOnce()
    {
        var ids = DrillBook.All.Select(drill => drill.Id).ToList();

        Assert.Equal(ids.Distinct(), ids);
        Assert.True(ids.Count >= 20);
    }

    [Fact]
    public void Drills_AllOfThem_StandInTheDocument()
    {
        var document = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "reliability.md"));

        Assert.Empty(DrillBook.All.Where(drill => !document.Contains($"| `{drill.Id}` | {drill.Row} |", StringComparison.Ordinal)).Select(drill => drill.Id));
    }

    [Theory]
    [InlineData("C1a")]
    [InlineData("C1b")]
    [InlineData("C1c")]
    [InlineData("C1d")]
    [InlineData("C1e")]
    [InlineData("C2")]
    [InlineData("C4")]
    [InlineData("C5")]
    [InlineData("C7")]
    [InlineData("C8")]
    [InlineData("C9")]
    [InlineData("C10")]
    [InlineData("C11")]
    [InlineData("C12")]
    [InlineData("C13")]
    [InlineData("C14")]
    [InlineData("C19")]
    public void Row_OfTheFaultMatrix_HasADrill(string row) => Assert.Contains(DrillBook.All, drill => drill.Row == row);
}
