using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>What a process depends on.</summary>
internal enum Dependency
{
    Store,
    Broker,
    Lock,
    Invocation,
    Workflows,
    Provider,
    Webhooks,
    Cron,
    Delivery,
}

/// <summary>What becomes of one call.</summary>
internal enum Fate
{
    Done,

    /// <summary>An error, and nothing happened.</summary>
    Refused,

    /// <summary>An error, though it happened.</summary>
    AnswerLost,

    /// <summary>No answer for longer than anybody waits; it happens some time in between.</summary>
    Hangs,

    /// <summary>It happens twice.</summary>
    Twice,
}

/// <summary>How bad a run is: rates for each dependency, drawn from the seed, and outages. All of it ends when the world is healed.</summary>
internal sealed class Faults
{
    private static readonly double[] Rates = [0, 0, 0.005, 0.02, 0.05, 0.12];

    private readonly World _world;
    private readonly Chance _chance;
    private readonly double[] _refused;
    private readonly double[] _lost;
    private readonly double[] _hangs;
    private readonly double[] _twice;
    private readonly double _slow;
    private readonly List<(Dependency Dependency, long From, long To)> _outages = [];

    public Faults(World world)
    {
        (_world, _chance) = (world, Chance.Of(world.Seed, "faults"));
        var count = Enum.GetValues<Dependency>().Length;
        _refused = [.. Enumerable.Range(0, count).Select(_ => _chance.Of(Rates))];
        _lost = [.. Enumerable.Range(0, count).Select(_ => _chance.Of(Rates))];
        _hangs = [.. Enumerable.Range(0, count).Select(_ => _chance.Of(Rates) / 4)];
        _twice = [.. Enumerable.Range(0, count).Select(_ => _chance.Of(Rates))];
        _slow = _chance.Of(Rates);
    }

    public bool IsHealed { get; private set; }

    /// <summary>How many calls did not simply succeed.</summary>
    public int Landed { get; private set; }

    public void Heal() => IsHealed = true;

    public void AddOutage(Dependency dependency, TimeSpan from, TimeSpan length) =>
        _outages.Add((dependency, from.Ticks, (from + length).Ticks));

    public Fate Of(Dependency dependency)
    {
        if (IsHealed)
        {
            return Fate.Done;
        }

        var fate = Draw(dependency);
        Landed += fate == Fate.Done ? 0 : 1;
        return fate;
    }

    /// <summary>One way. Mostly short, now and then so long that others overtake.</summary>
    public TimeSpan Latency() => TimeSpan.FromTicks(
        !IsHealed && _chance.In(_slow) ? 100_000 + (_chance.Below(400) * 10_000L) : 2_000 + _chance.Below(30_000));

    /// <summary>When the call that hangs takes effect after all.</summary>
    public TimeSpan Lateness() => _chance.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(9));

    public bool In(double share) => !IsHealed && _chance.In(share);

    private Fate Draw(Dependency dependency)
    {
        foreach (var (down, from, to) in _outages)
        {
            if (down == dependency && from <= _world.Now && _world.Now < to)
            {
                return _chance.In(0.1) ? Fate.AnswerLost : Fate.Refused;
            }
        }

        var index = (int)dependency;
        return _chance.In(_refused[index]) ? Fate.Refused
            : _chance.In(_lost[index]) ? Fate.AnswerLost
            : _chance.In(_hangs[index]) ? Fate.Hangs
            : _chance.In(_twice[index]) ? Fate.Twice
            : Fate.Done;
    }
}
