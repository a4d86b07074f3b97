using System.Globalization;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

public abstract partial class StateStoreConformance
{
    [Fact]
    public async Task SetWithEtag_CurrentOne_ReplacesTheValue()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        var item = await Store.GetAsync("key", default);

        await Store.ApplyAsync(Set("key", "two", item!.Etag, Concurrency.FirstWrite), default);

        Assert.Equal("two", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task SetWithEtag_StaleOne_IsAMismatchAndChangesNothing()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        var stale = await Store.GetAsync("key", default);
        await Store.ApplyAsync(Set("key", "two"), default);

        var fault = await FaultOf(Store.ApplyAsync(Set("key", "three", stale!.Etag), default));

        Assert.Equal(ComponentFault.EtagMismatch, fault);
        Assert.Equal("two", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task SetWithEtag_ExplicitLastWrite_FollowsTheDriver()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        var stale = await Store.GetAsync("key", default);
        await Store.ApplyAsync(Set("key", "two"), default);

        var fault = await FaultOf(Store.ApplyAsync(Set("key", "three", stale!.Etag, Concurrency.LastWrite), default));

        Assert.Equal(Driver.LastWriteChecksEtag ? ComponentFault.EtagMismatch : null, fault);
    }

    [Fact]
    public async Task SetWithEtag_MissingKey_FollowsTheDriver()
    {
        var etag = await EtagOfADeletedKeyAsync();

        var fault = await FaultOf(Store.ApplyAsync(Set("missing", "value", etag), default));

        Assert.Equal(Driver.EtagOnMissingKeyFails ? ComponentFault.EtagMismatch : null, fault);
        Assert.Equal(Driver.EtagOnMissingKeyFails ? null : "value", TextOf(await Store.GetAsync("missing", default)));
    }

    [Fact]
    public async Task SetWithEtag_OfAnotherStoresFormat_IsRefused()
    {
        await Store.ApplyAsync(Set("key", "one"), default);

        var fault = await FaultOf(Store.ApplyAsync(Set("key", "two", "7f1e-no-number"), default));

        Assert.Equal(Driver.ForeignEtag, fault);
        Assert.Equal("one", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task FirstWrite_KeyWrittenWithoutIt_FollowsTheDriver()
    {
        await Store.ApplyAsync(Set("key", "plain"), default);

        var fault = await FaultOf(Store.ApplyAsync(Set("key", "first", concurrency: Concurrency.FirstWrite), default));

        Assert.Equal(Driver.FirstWriteGuardsPlainKeys ? Driver.LostCreate : null, fault);
    }

    [Fact]
    public async Task DeleteWithEtag_CurrentOne_RemovesTheKey()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        var item = await Store.GetAsync("key", default);

        await Store.ApplyAsync(new StateDelete("key", item!.Etag), default);

        Assert.Null(await Store.GetAsync("key", default));
    }

    [Fact]
    public async Task DeleteWithEtag_StaleOne_IsAMismatchAndKeepsTheKey()
    {
        await Store.ApplyAsync(Set("key", "one"), default);
        var stale = await Store.GetAsync("key", default);
        await Store.ApplyAsync(Set("key", "two"), default);

        var fault = await FaultOf(Store.ApplyAsync(new StateDelete("key", stale!.Etag), default));

        Assert.Equal(ComponentFault.EtagMismatch, fault);
        Assert.Equal("two", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task DeleteWithEtag_MissingKey_FollowsTheDriver()
    {
        var etag = await EtagOfADeletedKeyAsync();

        var fault = await FaultOf(Store.ApplyAsync(new StateDelete("missing", etag), default));

        Assert.Equal(Driver.EtagDeleteOfMissingKeyFails ? ComponentFault.EtagMismatch : null, fault);
    }

    [Fact]
    public async Task FirstWrite_ManyAtOnceOnANewKey_ExactlyOneWins()
    {
        var creates = Enumerable.Range(0, 32)
            .Select(writer => Task.Run(() => FaultOf(
                Store.ApplyAsync(Set("key", writer.ToString(CultureInfo.InvariantCulture), concurrency: Concurrency.FirstWrite), default))));

        var faults = await Task.WhenAll(creates);

        var winner = Array.IndexOf(faults, null);
        Assert.Equal(31, faults.Count(fault => fault == Driver.LostCreate));
        Assert.Equal(winner.ToString(CultureInfo.InvariantCulture), TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task EtagWriters_ManyAtOnceOnOneVersion_ExactlyOneWins()
    {
        await Store.ApplyAsync(Set("key", "start"), default);
        var version = await Store.GetAsync("key", default);
        var swaps = Enumerable.Range(0, 32)
            .Select(writer => Task.Run(() => FaultOf(Store.ApplyAsync(Set("key", $"{writer}", version!.Etag, Concurrency.FirstWrite), default))));

        var faults = await Task.WhenAll(swaps);

        Assert.Single(faults, fault => fault is null);
        Assert.Equal($"{Array.IndexOf(faults, null)}", TextOf(await Store.GetAsync("key", default)));
    }

    [Fact]
    public async Task EtagWriters_EachIncrementingManyTimes_LoseNothing()
    {
        const int Writers = 8;
        const int Increments = 25;
        await Store.ApplyAsync(Set("counter", "0"), default);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < Increments;)
            {
                var item = await Store.GetAsync("counter", default);
                var next = int.Parse(TextOf(item)!, CultureInfo.InvariantCulture) + 1;
                var fault = await FaultOf(Store.ApplyAsync(Set("counter", $"{next}", item!.Etag, Concurrency.FirstWrite), default));
                done += fault is null ? 1 : 0;
            }
        })));

        Assert.Equal($"{Writers * Increments}", TextOf(await Store.GetAsync("counter", default)));
    }

    [Fact]
    public async Task Transact_AllFit_AppliesThemInOrder()
    {
        await Store.ApplyAsync(Set("gone", "value"), default);

        await Store.TransactAsync([Set("a", "1"), new StateDelete("gone"), Set("a", "2"), Set("b", "3")], default);

        Assert.Equal("2", TextOf(await Store.GetAsync("a", default)));
        Assert.Equal("3", TextOf(await Store.GetAsync("b", default)));
        Assert.Null(await Store.GetAsync("gone", default));
    }

    [Fact]
    public async Task Transact_OneEtagDiffers_FollowsTheDriver()
    {
        await Store.ApplyAsync(Set("kept", "old"), default);
        await Store.ApplyAsync(Set("guarded", "one"), default);
        var stale = await Store.GetAsync("guarded", default);
        await Store.ApplyAsync(Set("guarded", "two"), default);

        var fault = await FaultOf(Store.TransactAsync(
            [Set("kept", "new"), Set("created", "x"), Set("guarded", "three", stale!.Etag)], default));

        Assert.Equal(ComponentFault.EtagMismatch, fault);
        Assert.Equal("two", TextOf(await Store.GetAsync("guarded", default)));
        Assert.Equal(Driver.AtomicTransactions ? "old" : "new", TextOf(await Store.GetAsync("kept", default)));
        Assert.Equal(Driver.AtomicTransactions ? null : "x", TextOf(await Store.GetAsync("created", default)));
    }

    [Fact]
    public async Task Transact_FailingOnesAmongMany_HarmNobodyElse()
    {
        await Store.ApplyAsync(Set("guarded", "old"), default);
        var stale = (await Store.GetAsync("guarded", default))!.Etag;
        await Store.ApplyAsync(Set("guarded", "kept"), default);
        var writes = Enumerable.Range(0, 200).Select(n => Task.Run(() => FaultOf(n % 2 == 0
            ? Store.TransactAsync([Set($"even-{n}", "x"), Set("guarded", "lost", stale)], default)
            : Store.TransactAsync([Set($"odd-{n}", "x"), Set($"odd-{n}b", "y")], default))));

        var faults = await Task.WhenAll(writes);

        Assert.Equal(100, faults.Count(fault => fault is null));
        var odd = await Store.GetManyAsync([.. Enumerable.Range(0, 200).SelectMany(n => new[] { $"odd-{n}", $"odd-{n}b" })], default);
        Assert.Equal(200, odd.Count);
        var even = await Store.GetManyAsync([.. Enumerable.Range(0, 200).Select(n => $"even-{n}")], default);
        Assert.Equal(Driver.AtomicTransactions ? 0 : 100, even.Count);
    }

    [Fact]
    public async Task Transact_NoOperations_DoesNothing()
    {
        await Store.TransactAsync([], default);

        Assert.Null(await Store.GetAsync("key", default));
    }

    // A tag of the driver's own making, so that it passes the driver's check of the format.
    private async Task<string> EtagOfADeletedKeyAsync()
    {
        await Store.ApplyAsync(Set("deleted", "value"), default);
        var item = await Store.GetAsync("deleted", default);
        await Store.ApplyAsync(new StateDelete("deleted"), default);
        return item!.Etag;
    }
}
