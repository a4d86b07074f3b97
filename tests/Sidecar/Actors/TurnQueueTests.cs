using Sidecar.Actors;
using Sidecar.Actors.Hosting;

namespace DaprShop.Tests.Actors;

public sealed class TurnQueueTests
{
    [Fact]
    public async Task Enter_WhileATurnIsInHand_WaitsInTheOrderOfArrival()
    {
        var queue = new TurnQueue(null);
        var first = await queue.EnterAsync(null, default);
        var second = queue.EnterAsync(null, default);
        var third = queue.EnterAsync(null, default);

        Assert.False(second.IsCompleted);
        first.Dispose();
        var entered = await second;

        Assert.False(third.IsCompleted);
        entered.Dispose();
        (await third).Dispose();
        Assert.True(queue.IsIdle);
    }

    [Fact]
    public async Task Enter_GivenUpWhileWaiting_LeavesItsPlaceToTheNext()
    {
        var queue = new TurnQueue(null);
        var first = await queue.EnterAsync(null, default);
        using var impatience = new CancellationTokenSource();
        var second = queue.EnterAsync(null, impatience.Token);
        var third = queue.EnterAsync(null, default);

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        first.Dispose();

        (await third).Dispose();
    }

    [Fact]
    public async Task Enter_OfTheSameChain_JoinsTheTurnAndHoldsItUntilTheLastHasLeft()
    {
        var queue = new TurnQueue(32);
        var outer = await queue.EnterAsync("chain", default);
        var other = queue.EnterAsync("other", default);
        var inner = await queue.EnterAsync("chain", default);

        outer.Dispose();
        Assert.False(other.IsCompleted);
        inner.Dispose();

        (await other).Dispose();
    }

    [Fact]
    public async Task Enter_OfTheSameChainWithoutReentrancy_Waits()
    {
        var queue = new TurnQueue(null);
        using var outer = await queue.EnterAsync("chain", default);

        Assert.False(queue.EnterAsync("chain", default).IsCompleted);
    }

    [Fact]
    public async Task Enter_DeeperThanTheStackMayBe_IsRefusedAndTheRestGoesOn()
    {
        var queue = new TurnQueue(2);
        var one = await queue.EnterAsync("chain", default);
        var two = await queue.EnterAsync("chain", default);

        var refusal = await Assert.ThrowsAsync<ActorException>(() => queue.EnterAsync("chain", default));

        Assert.Equal((ActorFault.StackDepth, "maximum stack depth exceeded"), (refusal.Fault, refusal.Message));
        two.Dispose();
        (await queue.EnterAsync("chain", default)).Dispose();
        one.Dispose();
        Assert.True(queue.IsIdle);
    }

    [Fact]
    public async Task Dispose_Twice_LeavesOnce()
    {
        var queue = new TurnQueue(32);
        using var outer = await queue.EnterAsync("chain", default);
        var inner = await queue.EnterAsync("chain", default);

        inner.Dispose();
        inner.Dispose();

        Assert.False(queue.IsIdle);
    }

    [Fact]
    public async Task Close_WithATurnInHand_TurnsTheWaitingAwayAndEndsWithTheTurn()
    {
        var queue = new TurnQueue(32);
        var inHand = await queue.EnterAsync("chain", default);
        var waiting = queue.EnterAsync("other", default);

        var closed = queue.CloseAsync();

        Assert.Equal(ActorFault.Moved, (await Assert.ThrowsAsync<ActorException>(() => waiting)).Fault);
        Assert.Equal(ActorFault.Moved, (await Assert.ThrowsAsync<ActorException>(() => queue.EnterAsync("late", default))).Fault);
        (await queue.EnterAsync("chain", default)).Dispose();
        Assert.False(closed.IsCompleted);
        inHand.Dispose();
        await closed;
    }

    [Fact]
    public async Task TryClose_OnlyWhenIdle_Closes()
    {
        var queue = new TurnQueue(null);
        using (await queue.EnterAsync(null, default))
        {
            Assert.False(queue.TryClose());
        }

        Assert.True(queue.TryClose());
        await Assert.ThrowsAsync<ActorException>(() => queue.EnterAsync(null, default));
    }
}
