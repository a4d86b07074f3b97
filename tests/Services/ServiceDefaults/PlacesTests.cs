using DaprShop.ServiceDefaults.Batching;

namespace DaprShop.Tests.Services.ServiceDefaults;

public sealed class PlacesTests
{
    [Fact]
    public async Task Wait_AllTaken_GoesOnInTheOrderOfComing()
    {
        var places = new Places(2);
        await places.WaitAsync(CancellationToken.None);
        await places.WaitAsync(CancellationToken.None);
        var (first, second) = (places.WaitAsync(CancellationToken.None), places.WaitAsync(CancellationToken.None));
        var (firstWaited, secondWaited) = (!first.IsCompleted, !second.IsCompleted);

        places.Release();
        await first;
        var secondStillWaits = !second.IsCompleted;
        places.Release();
        await second;

        Assert.Equal((true, true, true), (firstWaited, secondWaited, secondStillWaits));
    }

    [Fact]
    public async Task Wait_WhoeverLeaves_TakesNoPlaceAlong()
    {
        var places = new Places(1);
        await places.WaitAsync(CancellationToken.None);
        using var leaving = new CancellationTokenSource();
        var left = places.WaitAsync(leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        places.Release();
        await places.WaitAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Wait_WithATokenOnASchedulerOfItsOwn_GoesOnThere()
    {
        var scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        var places = new Places(1);
        await places.WaitAsync(CancellationToken.None);
        using var never = new CancellationTokenSource();
        var waiting = Task.Factory.StartNew(
            async () =>
            {
                await places.WaitAsync(never.Token);
                return TaskScheduler.Current;
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler).Unwrap();

        places.Release();

        Assert.Same(scheduler, await waiting);
    }
}
