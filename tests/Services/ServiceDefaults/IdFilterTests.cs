using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Tests.ServiceDefaults;

public sealed class IdFilterTests
{
    private const int Seed = 20_261_129;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public void MayContain_WhatWasAdded_IsNeverMissed(int count)
    {
        var ids = Ids(new Random(Seed), count);
        var filter = Filter(ids);

        Assert.All(ids, id => Assert.True(filter.MayContain(id)));
    }

    [Fact]
    public void MayContain_Strangers_AreTakenForAddedOnesRarely()
    {
        var random = new Random(Seed);
        var filter = Filter(Ids(random, 20_000));

        var mistaken = Ids(random, 100_000).Count(filter.MayContain);

        // Ten bits an id and seven hashes: 0.8 % in theory.
        Assert.InRange(mistaken, 400, 2000);
    }

    [Fact]
    public void MayContain_IdsThatDifferInOneDigit_AreToldApart()
    {
        var filter = Filter([.. Enumerable.Range(0, 1000).Select(n => $"o-{n}")]);

        var mistaken = Enumerable.Range(1000, 10_000).Count(n => filter.MayContain($"o-{n}"));

        Assert.InRange(mistaken, 0, 200);
    }

    [Fact]
    public void MayContain_EmptyFilter_KnowsNobody()
    {
        var filter = IdFilter.For(0);

        Assert.DoesNotContain(Ids(new Random(Seed), 1000), filter.MayContain);
    }

    [Fact]
    public void Read_WhatToBytesGave_IsTheSameFilter()
    {
        var random = new Random(Seed);
        var ids = Ids(random, 500);
        var filter = Filter(ids);

        var read = IdFilter.Read(filter.ToBytes(), filter.Hashes)!;

        Assert.All(ids, id => Assert.True(read.MayContain(id)));
        var strangers = Ids(random, 5000);
        Assert.Equal(strangers.Count(filter.MayContain), strangers.Count(read.MayContain));
    }

    [Fact]
    public void ToBytes_TheSameIdsInAnyOrder_AreTheSameBytesInEveryVersion()
    {
        var bytes = Filter(["o-2", "o-1"]).ToBytes();

        // Pinned: a gateway and an inventory of two versions must read each other.
        Assert.Equal("IEGIUIECBDA=", Convert.ToBase64String(bytes));
        Assert.Equal(bytes, Filter(["o-1", "o-2"]).ToBytes());
    }

    [Theory]
    [InlineData(0, 7)]
    [InlineData(7, 7)]
    [InlineData(9, 7)]
    [InlineData(8, 0)]
    [InlineData(8, -1)]
    [InlineData(8, 33)]
    public void Read_WhatIsNoFilter_IsNull(int bytes, int hashes) => Assert.Null(IdFilter.Read(new byte[bytes], hashes));

    [Fact]
    public async Task Add_FromManyThreads_LosesNone()
    {
        var ids = Ids(new Random(Seed), 20_000);
        var filter = IdFilter.For(ids.Count);

        await Task.WhenAll(ids.Chunk(2500).Select(chunk => Task.Run(() => Array.ForEach(chunk, filter.Add))));

        Assert.All(ids, id => Assert.True(filter.MayContain(id)));
    }

    private static IdFilter Filter(IReadOnlyCollection<string> ids)
    {
        var filter = IdFilter.For(ids.Count);
        foreach (var id in ids)
        {
            filter.Add(id);
        }

        return filter;
    }

    private static List<string> Ids(Random random, int count)
    {
        var bytes = new byte[16];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            random.NextBytes(bytes);
            return new Guid(bytes).ToString("D");
        })];
    }
}
