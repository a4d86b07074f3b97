using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;

namespace DaprShop.Tests.Actors;

public sealed class PlacementTests
{
    private static readonly string[] Hosts = ["one", "two", "three", "four"];

    [Fact]
    public void Rendezvous_OfOneActor_IsTheSameInEveryProcess() =>
        Assert.Equal(
            (15343978723233806758UL, "one"),
            (Rendezvous.Score(new ActorAddress("cat", "tom"), "one"), Rendezvous.OwnerOf(new ActorAddress("cat", "tom"), Hosts)));

    [Fact]
    public void Rendezvous_WhateverTheOrderOfTheHosts_NamesTheSameOwner() =>
        Assert.All(Actors(100), actor => Assert.Equal(Rendezvous.OwnerOf(actor, Hosts), Rendezvous.OwnerOf(actor, Hosts.Reverse())));

    [Fact]
    public void Rendezvous_OfManyActors_SpreadsThemEvenly()
    {
        var counts = Actors(4000).CountBy(actor => Rendezvous.OwnerOf(actor, Hosts)!).Select(pair => pair.Value).ToList();

        Assert.Equal(4, counts.Count);
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Rendezvous_WithoutAHost_MovesOnlyItsActors() => Assert.All(Actors(1000), actor =>
    {
        var before = Rendezvous.OwnerOf(actor, Hosts);
        var after = Rendezvous.OwnerOf(actor, Hosts.Where(host => host != "two"));
        Assert.True(before == "two" ? after != "two" : after == before, $"{actor} went from {before} to {after}");
    });

    [Fact]
    public void Rendezvous_WithoutHosts_HasNoOwner() => Assert.Null(Rendezvous.OwnerOf(new ActorAddress("cat", "tom"), []));

    [Fact]
    public async Task Directory_AfterAHostLeft_NamesTheOther()
    {
        var directory = new ActorDirectory();
        var (one, two) = (new FakeHost("one"), new FakeHost("two"));
        await directory.JoinAsync(one, ["cat"], default);
        await directory.JoinAsync(two, ["cat", "dog"], default);

        var cats = await OwnersAsync(directory, "cat");
        await directory.LeaveAsync(two, default);

        Assert.Equal(2, cats.Count);
        Assert.Equal([one], await OwnersAsync(directory, "cat"));
        Assert.Equal([null], await OwnersAsync(directory, "dog"));
    }

    [Fact]
    public async Task Directory_WhileAnActorChangesHands_LetsNobodyHaveIt()
    {
        var directory = new ActorDirectory();
        var (one, two) = (new FakeHost("one"), new FakeHost("two"));
        await directory.JoinAsync(one, ["cat"], default);
        one.Draining = new TaskCompletionSource();

        var joining = directory.JoinAsync(two, ["cat"], default);
        await one.AskedToMove.Task;
        var (moving, staying) = (Moving(one, two), Actors(100).First(actor => Rendezvous.OwnerOf(actor, ["one", "two"]) == "one"));
        var held = directory.OwnerOfAsync(moving, default).AsTask();

        Assert.False(held.IsCompleted);
        Assert.Same(one, await directory.OwnerOfAsync(staying, default));
        one.Draining.SetResult();
        await joining;
        Assert.Same(two, await held);
        Assert.Equal((1, 1), (two.Changes, one.Changes - 1));
    }

    private static ActorAddress Moving(FakeHost from, FakeHost to) =>
        Actors(100).First(actor => Rendezvous.OwnerOf(actor, [from.HostId, to.HostId]) == to.HostId);

    private static IEnumerable<ActorAddress> Actors(int count) => Enumerable.Range(0, count).Select(number => new ActorAddress("cat", $"{number}"));

    private static async Task<HashSet<IActorHost?>> OwnersAsync(ActorDirectory directory, string type)
    {
        var owners = new HashSet<IActorHost?>();
        foreach (var actor in Actors(100))
        {
            owners.Add(await directory.OwnerOfAsync(actor with { Type = type }, default));
        }

        return owners;
    }

    private sealed class FakeHost(string hostId) : ILocalActorHost
    {
        public string HostId => hostId;

        public TaskCompletionSource? Draining { get; set; }

        public TaskCompletionSource AskedToMove { get; } = new();

        public int Changes { get; private set; }

        public Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SetReminderAsync(ActorAddress actor, ReminderRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task KeepOnlyAsync(Func<ActorAddress, bool> stays)
        {
            if (Draining is { } draining)
            {
                AskedToMove.TrySetResult();
                await draining.Task;
            }
        }

        public Task DropAllAsync() => throw new NotSupportedException();

        public void OwnershipChanged() => Changes++;
    }
}
