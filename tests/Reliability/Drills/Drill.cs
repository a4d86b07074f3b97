using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Load;
using DaprShop.Reliability.Runs;

namespace DaprShop.Reliability.Drills;

/// <summary>What a drill puts between the shop and others.</summary>
[Flags]
internal enum Proxies
{
    None = 0,
    Provider = 1,
    Webhooks = 2,
    Redis = 4,
}

/// <summary>One scripted fault on a shop under load.</summary>
/// <param name="Row">Of the fault matrix in reliability.md, such as <c>C1a</c>.</param>
/// <param name="Harm">Begins when the load has been running for a while; when it returns, all has to be healed.</param>
internal sealed record Drill(string Id, string Row, string Title, Func<DrillContext, Task> Harm)
{
    private static readonly string[] Everywhere = ["embedded", "redis", "rabbitmq", "kafka"];

    /// <summary>The component sets that it makes sense on; the first is the usual one.</summary>
    public IReadOnlyList<string> Stacks { get; init; } = Everywhere;

    public Proxies Proxies { get; init; }

    /// <summary>A run in which fewer faults landed is not valid.</summary>
    public int LeastFaults { get; init; } = 1;

    public IReadOnlyDictionary<string, int>? Replicas { get; init; }

    public bool EditsComponents { get; init; }

    /// <summary>Apps whose wall clocks the drill can move.</summary>
    public IReadOnlyList<string> Clocks { get; init; } = [];

    /// <summary>How long customers may pay.</summary>
    public TimeSpan PaymentWindow { get; init; } = RunSettings.UsualPaymentWindow;

    /// <summary>It drops packets, so it runs in a network of its own.</summary>
    public bool OwnNetwork { get; init; }

    /// <summary>What it looks for beside the invariants when the shop has come to rest.</summary>
    public Action<DrillContext, World> AtRest { get; init; } = (_, _) => { };

    /// <summary>Where the usual load is not what the drill is about.</summary>
    public Func<ShopLoad.LoadOptions, ShopLoad.LoadOptions> Load { get; init; } = load => load;
}

/// <summary>What a run of a drill has.</summary>
internal sealed record DrillOptions(Drill Drill, int Seed, string Stack);
