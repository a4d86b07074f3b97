using DaprShop.Contracts;
using DaprShop.Contracts.Catalog;
using DaprShop.Tests.Simulation.Bugs;
using DaprShop.Tests.Simulation.Checker;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Load;
using DaprShop.Tests.Simulation.Platform;
using DaprShop.Tests.Simulation.Provider;
using DaprShop.Tests.Simulation.Shop;

namespace DaprShop.Tests.Simulation;

/// <summary>What a run came to.</summary>
/// <param name="Trace">The same for the same run.</param>
/// <param name="Violations">Empty: every invariant holds.</param>
/// <param name="Words">The trace in words, if it was asked for.</param>
internal sealed record Verdict(ulong Seed, ulong Trace, IReadOnlyList<string> Violations, Counts Counts, IReadOnlyList<string> Words)
{
    public override string ToString() => $"seed {Seed}, trace {Trace:x16}: {(Violations.Count == 0 ? "clean" : string.Join("; ", Violations))}";
}

/// <summary>What went on in a run, so that many runs can tell that they were not idle.</summary>
internal sealed record Counts(int Accepted, int Confirmed, int Cancelled, int Refunded, int Faults, int Kills, int Pauses, int Jumps, long Steps, TimeSpan Time)
{
    public static Counts None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, TimeSpan.Zero);

    public Counts Plus(Counts other) => new(
        Accepted + other.Accepted, Confirmed + other.Confirmed, Cancelled + other.Cancelled, Refunded + other.Refunded, Faults + other.Faults,
        Kills + other.Kills, Pauses + other.Pauses, Jumps + other.Jumps, Steps + other.Steps, Time + other.Time);
}

/// <summary>One seed: the shop under load and faults, then healed and left alone until it is at rest, then judged.</summary>
internal sealed class Run : IDisposable
{
    /// <summary>From here on nothing goes wrong any more.</summary>
    private static readonly TimeSpan Healed = Plan.Length + TimeSpan.FromSeconds(10);

    /// <summary>Two renewals: by then each order log has its owner again.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Nothing may move for so long before the run is at rest. Longer than the backstop takes to judge an orphan, with the lock of a sweeper that
    /// died before it.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(70);

    /// <summary>As much more where clocks ran ahead: what they wrote is judged only when its time has come.</summary>
    private static readonly TimeSpan RestAfterJumps = Rest + Nemesis.LongestJump + TimeSpan.FromSeconds(15);

    /// <summary>The shop's own audit takes minutes of its time: so many seeds have it once.</summary>
    private const int AuditEvery = 8;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(40);

    private readonly World _world;
    private readonly Faults _faults;
    private readonly Network _network;
    private readonly Store _store;
    private readonly Broker _broker;
    private readonly WorkflowEngine _workflows;
    private readonly SimulatedProvider _provider;
    private readonly Customers _customers;
    private readonly Nemesis _nemesis;
    private readonly Plan _plan;
    private readonly Chance _chance;
    private readonly List<Replica> _replicas = [];
    private readonly RunMeters _meters = new();
    private long _quietSince = -1;
    private bool _isAtRest;

    private Run(ulong seed, PlantedBug bug, bool keepsWords)
    {
        _world = new World(seed, keepsWords);
        _plan = Plan.Of(seed);
        _chance = Chance.Of(seed, "run");
        _faults = new Faults(_world);
        _network = new Network(_world, _faults, bug);
        _store = new Store(_world, bug);
        _broker = new Broker(_world, _faults, _network, bug);
        _workflows = new WorkflowEngine(_world, _faults, bug);
        _provider = new SimulatedProvider(_world, _faults, _network);
        var calls = new Calls(_world, _faults);
        var setting = new Setting(
            _world, _faults, new SeededIds(Chance.Of(seed, "ids")), calls, _network,
            new SimulatedDaprClient(calls, _store, new Locks(_world)), new SidecarHttp(calls, _store, _broker, _faults), _workflows, _meters,
            _plan.PaymentWindow);
        Add(AppIds.Order, _plan.OrderReplicas, setting);
        Add(AppIds.Inventory, _plan.InventoryReplicas, setting);
        Add(AppIds.Payment, 1, setting);
        Add(AppIds.Notification, 1, setting);
        _network.Listen("provider", () => _provider);
        _network.Listen(AppIds.Catalog, () => Catalog.Instance);
        _customers = new Customers(_world, _network, _plan);
        _nemesis = new Nemesis(_world, _faults, _replicas);
    }

    /// <summary>On a thread of its own: whatever the caller's thread brings along, such as a synchronization context, must not be in it.</summary>
    public static Verdict Of(ulong seed, PlantedBug? bug = null, bool keepsWords = false)
    {
        Verdict? verdict = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                verdict = OnThisThread(seed, bug, keepsWords);
            }
#pragma warning disable CA1031 // It goes on with the caller.
            catch (Exception thrown)
#pragma warning restore CA1031
            {
                failure = thrown;
            }
        });
        thread.Start();
        thread.Join();
        return verdict ?? throw new InvalidOperationException($"Seed {seed} broke: {failure?.Message}", failure);
    }

    public static Verdict OnThisThread(ulong seed, PlantedBug? bug = null, bool keepsWords = false)
    {
        using var run = new Run(seed, bug ?? PlantedBug.None, keepsWords);
        return run.ToEnd();
    }

    public void Dispose() => _meters.Dispose();

    private Verdict ToEnd()
    {
        _customers.Begin();
        _nemesis.Begin(Healed);
        _nemesis.Watch(_store);
        Every(TimeSpan.FromSeconds(5), AppIds.Inventory, "/inventory-sweep");
        Every(TimeSpan.FromSeconds(5), AppIds.Order, "/order-sweep");
        _world.After(Healed, _nemesis.Heal);
        _world.After(Healed + Settled, Doze);
        _isAtRest = _world.RunUntil(IsAtRest, Limit);
        var judged = new Judgement(_store, _provider.Ledger, _customers.Promises, _plan, _nemesis.Jumps > 0 || _nemesis.Pauses > 0);
        var violations = judged.Violations.ToList();
        if (!_isAtRest)
        {
            violations.Add(NotAtRest());
        }
        else if (_world.Seed % AuditEvery == 0)
        {
            violations.AddRange(new ShopsOwnAudit(_world, _network).Findings());
        }

        violations.AddRange(_broker.Dead.Select(dead => $"poison: {dead}"));
        violations.AddRange(_world.Unhandled.Select(thrown => $"unhandled: {thrown}"));
        violations.AddRange(_customers.GivenUp.Select(request => $"never answered: {request}"));
        violations.AddRange(_workflows.Instances
            .Where(instance => instance.Status == WorkflowStatus.Failed)
            .Select(instance => $"workflow failed: {instance.Id} {instance.Output}"));
        return new Verdict(
            _world.Seed,
            _world.Trace.Hash,
            violations,
            new Counts(
                _customers.Promises.Count(promise => promise.Accepted is not null), judged.Count("Confirmed"), judged.Count("Cancelled"), judged.Count("Refunded"),
                _faults.Landed, _nemesis.Kills, _nemesis.Pauses, _nemesis.Jumps, _world.Steps, _world.Time),
            _world.Trace.Words);
    }

    private void Add(string app, int count, Setting setting)
    {
        var replicas = Enumerable.Range(1, count).Select(number => new Replica(App.Of(app), number, setting)).ToList();
        _replicas.AddRange(replicas);
        Replica? Pick() => replicas.FindAll(replica => replica.IsUp) is { Count: > 0 } up ? _chance.Of(up) : null;
        _network.Listen(app, Pick);
        _workflows.Host(app, Pick);
    }

    /// <summary>A cron binding: whether anybody heard it, nobody knows. Where all is at rest it comes more seldom: it has found what there was.</summary>
    private void Every(TimeSpan period, string app, string path) => _world.After(_isAtRest ? period * 6 : period, () =>
    {
        _network.Send(app, Dependency.Cron, new Request("POST", path, default), _ => { });
        Every(period, app, path);
    });

    /// <summary>When all orders are placed, only a request that wakes an order replica may need its leases: they are renewed more seldom.</summary>
    private void Doze()
    {
        if (_customers.HavePlaced)
        {
            _replicas.FindAll(replica => replica.App == AppIds.Order).ForEach(replica => replica.Process.Doze(TimeSpan.FromSeconds(30)));
        }

        _world.After(TimeSpan.FromSeconds(1), Doze);
    }

    private bool IsQuiet() =>
        _faults.IsHealed && _customers.AreDone && _workflows.Running == 0 && _broker.Pending == 0 && _provider.Pending == 0;

    private bool IsAtRest()
    {
        if (!IsQuiet())
        {
            _quietSince = -1;
            return false;
        }

        _quietSince = _quietSince < 0 ? _world.Now : _quietSince;
        return _world.Now - _quietSince >= (_nemesis.Jumps > 0 ? RestAfterJumps : Rest).Ticks;
    }

    private string NotAtRest()
    {
        var running = _workflows.Instances.Where(instance => instance.Status == WorkflowStatus.Running).Select(instance => $"{instance.Name} {instance.Id}");
        return $"not at rest after {_world.Time}: customers done {_customers.AreDone}, messages {_broker.Pending}, provider {_provider.Pending}, "
            + $"workflows {string.Join(", ", running)}";
    }

    private sealed class Catalog : IPeer
    {
        public static Catalog Instance { get; } = new();

        public void Serve(Request request, Action<Response?> done) => done(Response.Of(new PriceList(
            [.. request.Read<PriceQuery>().Skus.Select(sku => new ProductPrice(sku, Prices.Of(sku)))])));
    }
}
