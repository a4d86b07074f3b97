using DaprShop.Contracts;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;
using DaprShop.Tests.Simulation.Shop;

namespace DaprShop.Tests.Simulation.Load;

/// <summary>Kills, holds and misleads processes and takes dependencies away, at times that the seed says; then it heals everything.</summary>
internal sealed class Nemesis(World world, Faults faults, IReadOnlyList<Replica> replicas)
{
    private static readonly Dependency[] Breakable =
        [Dependency.Store, Dependency.Broker, Dependency.Invocation, Dependency.Workflows, Dependency.Provider, Dependency.Webhooks, Dependency.Delivery];

    /// <summary>Of a wall clock at once, either way.</summary>
    public static readonly TimeSpan LongestJump = TimeSpan.FromSeconds(30);

    /// <summary>What a service writes at the moments that matter.</summary>
    private static readonly (string Keys, string App)[] Moments =
    [
        ("order/log/", AppIds.Order), ("order/", AppIds.Order), ("payment/", AppIds.Payment), ("payment/", AppIds.Order), ("stock/", AppIds.Inventory),
        ("stock/", AppIds.Order), ("inbox/", AppIds.Notification),
    ];

    private readonly Chance _chance = Chance.Of(world.Seed, "nemesis");

    public int Kills { get; private set; }

    public int Pauses { get; private set; }

    public int Jumps { get; private set; }

    /// <summary>Kills the writer, or who waits for it, while a write of that kind is on its way back.</summary>
    public void Watch(Store store)
    {
        var left = Enumerable.Range(0, _chance.Below(4)).Select(_ => (Moment: _chance.Of(Moments), Number: _chance.Between(1, 5))).ToList();
        store.Reached = key =>
        {
            for (var index = left.Count - 1; index >= 0 && !faults.IsHealed; index--)
            {
                var (moment, number) = left[index];
                if (!key.StartsWith(moment.Keys, StringComparison.Ordinal) || key.StartsWith("order/slot/", StringComparison.Ordinal))
                {
                    continue;
                }

                left[index] = (moment, number - 1);
                if (number == 1)
                {
                    left.RemoveAt(index);
                    var victims = replicas.Where(replica => replica.App == moment.App).ToList();
                    world.After(_chance.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(12)), () => Kill(_chance.Of(victims)));
                }
            }
        };
    }

    /// <param name="until">Nothing begins after it.</param>
    public void Begin(TimeSpan until)
    {
        for (var left = _chance.Below(5); left > 0; left--)
        {
            At(until, () => Kill(_chance.Of(replicas)));
        }

        for (var left = _chance.Below(3); left > 0; left--)
        {
            At(until, () => Pause(_chance.Of(replicas)));
        }

        for (var left = _chance.In(0.3) ? 2 : 0; left > 0; left--)
        {
            At(until, () => Jump(_chance.Of(replicas)));
        }

        for (var left = _chance.Below(3); left > 0; left--)
        {
            faults.AddOutage(
                _chance.Of(Breakable), _chance.Between(TimeSpan.Zero, until), _chance.Between(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(8)));
        }
    }

    public void Heal()
    {
        world.Note("heal", "");
        faults.Heal();
        foreach (var replica in replicas)
        {
            if (!replica.IsUp)
            {
                replica.Start();
            }

            replica.Process.Resume();
            replica.Process.Clock.Offset = TimeSpan.Zero;
        }
    }

    private void At(TimeSpan until, Action action) => world.After(_chance.Between(TimeSpan.FromMilliseconds(500), until), () =>
    {
        if (!faults.IsHealed)
        {
            action();
        }
    });

    private void Kill(Replica replica)
    {
        if (!replica.IsUp || faults.IsHealed)
        {
            return;
        }

        Kills++;
        replica.Kill();
        world.After(_chance.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(6)), () =>
        {
            if (!replica.IsUp)
            {
                replica.Start();
            }
        });
    }

    private void Pause(Replica replica)
    {
        Pauses++;
        world.Note("pause", replica.Name);
        replica.Process.Pause(_chance.Between(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(20)));
    }

    private void Jump(Replica replica)
    {
        Jumps++;
        world.Note("jump", replica.Name);
        replica.Process.Clock.Offset += _chance.Between(-LongestJump, LongestJump);
    }
}
