using Sidecar;

namespace DaprShop.Tests;

public sealed class RandomIdTests
{
    [Fact]
    public void IsARandomUuidEachTime()
    {
        var ids = Enumerable.Range(0, 1_000).Select(_ => RandomId.NewUuid()).ToList();

        Assert.Equal(1_000, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id));
    }
}
