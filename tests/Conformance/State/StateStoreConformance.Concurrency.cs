using System.Globalization;
using Sidecar.Components;
using Sidecar.Components.State;

namespace DaprShop.Tests.State;

public abstract partial class StateStoreConformance
{
    [Fact]
    public async Task SetWithEtag_CurrentOne_ReplacesTheValue()
    {
        await _store.ApplyAsync(Set("key", "one"), default);
        var item = await _store.GetAsync("key", default);

        await _store.ApplyAsync(Set("key", "two", item!.Etag, Concurrency.FirstWrite), default);

        Assert.Equal("two", TextOf(await _store.GetAsync("key", default)));
    }

    [Fact]
    public async Task SetWithEtag_StaleOne_IsAMismatchAndChangesNothing()
    {
        await _store.ApplyAsync(Set("key", "one"), default);
        var stale = await _store.GetAsync("key", default);
        await _store.ApplyAsync(Set("key", "two"), default);

        var fault = await FaultOf(_store.ApplyAsync(Set("key", "three", stale!.Etag), default));

        Assert.Equal(ComponentFault.EtagMismatch, fault);
        Assert.Equal("two", TextOf(await _store.GetAsync("key", default)));
    }

    [Fact]
    public async Task SetWithEtag_ExplicitLastWrite_FollowsTheDriver()
    {
        await _store.ApplyAsync(Set("key", "one"), default);
        var stale = await _store.GetAsync("key", default);
        await _store.ApplyAsync(Set("key", "two"), default);

        var fault = await FaultOf(_store.ApplyAsync(Set("key", "three", stale!.Etag, Concurrency.LastWrite), default));

        Assert.Equal(Driver.LastWriteChecksEtag ? ComponentFault.EtagMismatch : null, fault);
    }

    [Fact]
    public async Task SetWithEtag_MissingKey_FollowsTheDriver()
    {
        var etag = await EtagOfADeletedKeyAsync();

        var fault = await FaultOf(_store.ApplyAsync(Set("missing", "value", etag), default));

        Assert.Equal(Driver.EtagOnMissingKeyFails ? ComponentFault.EtagMismatch : null, fault);
        Assert.Equal(Driver.EtagOnMissingKeyFails ? null : "value", TextOf(await _store.GetAsync("missing", default)));
    }

    [Fact]
    public async Task DeleteWithEtag_CurrentOne_RemovesTheKey()
    {
        await _store.ApplyAsync(Set("key", "one"), default);
        var item = await _store.GetAsync("key", default);

        await _store.ApplyAsync(new StateDelete("key", item!.Etag), default);

        Assert.Null(await _store.GetAsync("key", default));
    }

    [Fact]
    public async Task DeleteWithEtag_StaleOne_IsAMismatchAndKeepsTheKey()
    {
        await _store.ApplyAsync(Set("key", "one"), default);
        var stale = await _store.GetAsync("key", default);
        await _store.ApplyAsync(Set("key", "two"), default);

        var fault = await FaultOf(_store.ApplyAsync(new StateDelete("key", stale!.Etag), default));

        Assert.Equal(ComponentFault.EtagMismatch, fault);
        Assert.Equal("two", TextOf(await _store.GetAsync("key", default)));
    }

    [Fact]
    public async Task DeleteWithEtag_MissingKey_FollowsTheDriver()
    {
        var etag = await EtagOfADeletedKeyAsync();

        var fault = await FaultOf(_store.ApplyAsync(new StateDelete("missing", etag), default));

        Assert.Equal(Driver.EtagDeleteOfMissingKeyFails ? ComponentFault.EtagMismatch : null, fault);
    }

    [Fact]
    public async Task FirstWrite_ManyAtOnceOnANewKey_ExactlyOneWins()
    {
        var creates = Enumerable.Range(0, 32)
            .Select(writer => Task.Run(() => FaultOf(
                _store.ApplyAsync(Set("key", writer.ToString(CultureInfo.InvariantCulture), concurrency: Concurrency.FirstWrite), default))));

        var faults = await Task.WhenAll(creates);

        var winner = Array.IndexOf(faults, null);
        Assert.Equal(31, faults.Count(fault => fault == ComponentFault.EtagMismatch));
        Assert.Equal(winner.ToString(CultureInfo.InvariantCulture), TextOf(await _store.GetAsync("key", default)));
    }

    [Fact]
    public async Task EtagWriters_ManyAtOnceOnOneVersion_ExactlyOneWins()
    {
        await _store.ApplyAsync(Set("key", "start"), default);
        var version = await _store.GetAsync("key", default);
        var swaps = Enumerable.Range(0, 32)
            .Select(writer => Task.Run(() => FaultOf(_store.ApplyAsync(Set("key", $"{writer}", version!.Etag, Concurrency.FirstWrite), default))));

        var faults = await Task.WhenAll(swaps);

        Assert.Single(faults, fault => fault is null);
        Assert.Equal($"{Array.IndexOf(faults, null)}", TextOf(await _store.GetAsync("key", default)));
    }

    [Fact]
    public async Task EtagWriters_EachIncrementingManyTimes_LoseNothing()
    {
        const int Writers = 8;
        const int Increments = 25;
        await _store.ApplyAsync(Set("counter", "0"), default);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < Increments;)
            {
                var item = await _store.GetAsync("counter", default);
                var next = int.Parse(TextOf(item)!, CultureInfo.InvariantCulture) + 1;
                var fault = await FaultOf(_store.ApplyAsync(Set("counter", $"{next}", item!.Etag, Concurrency.FirstWrite), default));
                done += fault is null ? 1 : 0;
            }
        })));

        Assert.Equal($"{Writers * Increments}", TextOf(await _store.GetAsync("counter", default)));
    }

    [Fact]
    public async Task Transact_AllFit_AppliesThemInOrder()
    {
        await _store.ApplyAsync(Set("gone", "value"), default);

        await _store.TransactAsync([Set("a", "1"), new StateDelete("gone"), Set("a", "2"), Set("b", "3")], default);

        Assert.Equal("2", TextOf(await _store.GetAsync("a", default)));
        Assert.Equal("3", TextOf(await _store.GetAsync("b", default)));
        Assert.Null(await _store.GetAsync("gone", default));
    }

    [Fact]
    public async Task Transact_OneEtagDiffers_FollowsTheDriver()
    {
        await _store.ApplyAsync(Set("kept", "old"), default);
        await _store.ApplyAsync(Set("guarded", "one"), default);
        var stale = await _store.GetAsync("guarded", default);
        await _store.ApplyAsync(Set("guarded", "two"), default);

        var fault = await FaultOf(_store.TransactAsync(
            [Set("kept", "new"), Set("created", "x"), Set("guarded", "three", stale!.Etag)], default));

        Assert.Equal(ComponentFault.EtagMismatch, fault);
        Assert.Equal("two", TextOf(await _store.GetAsync("guarded", default)));
        Assert.Equal(Driver.AtomicTransactions ? "old" : "new", TextOf(await _store.GetAsync("kept", default)));
        Assert.Equal(Driver.AtomicTransactions ? null : "x", TextOf(await _store.GetAsync("created", default)));
    }

    [Fact]
    public async Task Transact_FailingOnesAmongMany_HarmNobodyElse()
    {
        await _store.ApplyAsync(Set("guarded", "kept"), default);
        var writes = Enumerable.Range(0, 200).Select(n => Task.Run(() => FaultOf(n % 2 == 0
            ? _store.TransactAsync([Set($"even-{n}", "x"), Set("guarded", "lost", "no such etag")], default)
            : _store.TransactAsync([Set($"odd-{n}", "x"), Set($"odd-{n}b", "y")], default))));

        var faults = await Task.WhenAll(writes);

        Assert.Equal(100, faults.Count(fault => fault is null));
        var odd = await _store.GetManyAsync([.. Enumerable.Range(0, 200).SelectMany(n => new[] { $"odd-{n}", $"odd-{n}b" })], default);
        Assert.Equal(200, odd.Count);
        var even = await _store.GetManyAsync([.. Enumerable.Range(0, 200).Select(n => $"even-{n}")], default);
        Assert.Equal(Driver.AtomicTransactions ? 0 : 100, even.Count);
    }

    [Fact]
    public async Task Transact_NoOperations_DoesNothing()
    {
        await _store.TransactAsync([], default);

        Assert.Null(await _store.GetAsync("key", default));
    }

    // A tag of the driver's own making, so that it passes the driver's check of the format.
    private async Task<string> EtagOfADeletedKeyAsync()
    {
        await _store.ApplyAsync(Set("deleted", "value"), default);
        var item = await _store.GetAsync("deleted", default);
        await _store.ApplyAsync(new StateDelete("deleted"), default);
        return item!.Etag;
    }
}
