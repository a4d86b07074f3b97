using DaprShop.Order.Log;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Batching;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Saga;

/// <summary>
/// Sagas come after buyers: while orders arrive in crowds, only a few accepted ones a second are taken in, so that the machine accepts. That ends
/// when the crowd does, or when half of the backlog that customers may wait for is used up: from there on both have their share.
/// </summary>
internal sealed class IntakePace(OrderTails tails, IOptions<IntakeOptions> options, TimeProvider clock)
{
    /// <summary>Orders in one batch that make a crowd.</summary>
    private const int Crowd = 16;

    /// <summary>Orders taken in at once, by all relays of this replica together.</summary>
    private const int Concurrency = 16;

    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    private readonly Places _slots = new(Concurrency);
    private readonly Places _oneByOne = new(1);
    private long _crowdedAt = long.MinValue;

    private bool IsCrowded =>
        Volatile.Read(ref _crowdedAt) is var at and not long.MinValue
        && clock.GetElapsedTime(at) < Memory
        && tails.Count < options.Value.MaxBacklog / 2;

    /// <summary>A batch of orders is being accepted.</summary>
    public void Accepting(int count)
    {
        if (count >= Crowd)
        {
            Volatile.Write(ref _crowdedAt, clock.GetTimestamp());
        }
    }

    /// <summary>Takes one order in when it is its turn.</summary>
    public async Task RunAsync(Func<Task> takeIn, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            if (IsCrowded)
            {
                await GiveWayAsync(cancellationToken);
            }

            await takeIn();
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task GiveWayAsync(CancellationToken cancellationToken)
    {
        await _oneByOne.WaitAsync(cancellationToken);
        try
        {
            if (IsCrowded)
            {
                await Task.Delay(Breath, clock, cancellationToken);
            }
        }
        finally
        {
            _oneByOne.Release();
        }
    }
}
