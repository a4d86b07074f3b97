using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Faults;
using DaprShop.TestKit.Servers;

namespace DaprShop.Reliability.Drills;

/// <summary>Every drill, by the row of the fault matrix that it covers.</summary>
internal static class DrillBook
{
    private static readonly string[] RealServers = ["redis", "rabbitmq", "kafka"];

    private static readonly string[] AsyncPayments = ["tok_async", "tok_async", "tok_webhook_twice", "tok_ok"];

    public static IReadOnlyList<Drill> All { get; } =
    [
        .. ((string[])["gateway", "catalog", "order", "inventory", "payment", "notification", "provider"])
            .Select(app => new Drill($"kill-{app}", "C1a", $"kill -9 of {app}, three times", context => KillAsync(context, app, 3)) { LeastFaults = 3 }),
        new("kill-before-accept", "C1a", "kill -9 of order while orders are being placed", context => KillAtAsync(context, Phase.Invoke, 0)) { LeastFaults = 3 },
        new("kill-after-accept", "C1a", "kill -9 of order the moment an order was answered 202", context => KillAtAsync(context, Phase.Ok, 0)) { LeastFaults = 3 },
        new("kill-in-saga", "C1a", "kill -9 of order while sagas wait for their payment", context => KillAtAsync(context, Phase.Ok, 400))
        {
            LeastFaults = 3,
            Load = load => load with { Sources = ["tok_slow", "tok_async", "tok_webhook_lost", "tok_ok"] },
        },
        new("kill-sidecars", "C1b", "kill -9 of the launcher with all sidecars, twice", context => KillAsync(context, Nemesis.Launcher, 2)) { LeastFaults = 2 },
        new("stop-inventory", "C1c", "inventory stands still for 12 s", context => context.StopAsync("inventory", TimeSpan.FromSeconds(12))),
        new("stop-order-owner", "C1c", "one of two order services stands still for longer than its leases, and goes on", StopOwnerAsync)
        {
            Replicas = new Dictionary<string, int> { ["order"] = 2 },
        },
        new("broker-down", "C1d", "the broker is killed and stays away for 20 s; orders are accepted and confirmed meanwhile", AwayDrills.BrokerAsync) { Stacks = ["rabbitmq", "kafka"] },
        new("store-down", "C1e", "the store is killed and stays away for 12 s", context => context.KillAsync("redis", 12_000)) { Stacks = RealServers },
        new(
            "store-hang", "C2", "the store stands still for 6 s with its connections open",
            context => context.StopAsync("redis", TimeSpan.FromSeconds(6)))
        {
            Stacks = RealServers,
        },
        new("store-slow", "C2", "every byte to and from the store takes 40 ms for 10 s", StoreSlowAsync) { Stacks = RealServers, Proxies = Proxies.Redis },
        new("store-cut", "C2", "all connections to the store are cut, 15 times", StoreCutAsync) { Stacks = RealServers, Proxies = Proxies.Redis, LeastFaults = 15 },
        new("store-answers-lost", "C2", "the store does what it is asked and its answers vanish, 10 times", StoreAnswersLostAsync)
        {
            Stacks = RealServers,
            Proxies = Proxies.Redis,
            LeastFaults = 10,
        },
        new(
            "provider-slow", "C2", "every request to the provider takes up to 3 s more",
            context => ProviderAsync(context, _ => HttpFault.Delay, leastDelayMs: 100, mostDelayMs: 3000))
        {
            Proxies = Proxies.Provider,
            LeastFaults = 5,
        },
        new(
            "provider-hang", "C2", "the provider answers after 12 s, later than anybody waits",
            context => ProviderAsync(context, _ => HttpFault.Delay, leastDelayMs: 12_000, mostDelayMs: 12_500))
        {
            Proxies = Proxies.Provider,
            LeastFaults = 5,
        },
        new(
            "provider-errors", "C2", "every second request to the provider is answered 500",
            context => ProviderAsync(context, n => n % 2 == 0 ? HttpFault.Fail : HttpFault.None))
        {
            Proxies = Proxies.Provider,
            LeastFaults = 5,
        },
        new(
            "provider-answers-lost", "C2", "the provider charges and two of three answers are lost",
            context => ProviderAsync(context, n => n % 3 == 0 ? HttpFault.None : HttpFault.LoseAnswer))
        {
            Proxies = Proxies.Provider,
            LeastFaults = 5,
        },
        new("provider-twice", "C2", "the provider gets every request twice", context => ProviderAsync(context, _ => HttpFault.Twice))
        {
            Proxies = Proxies.Provider,
            LeastFaults = 5,
        },
        new("provider-down", "C2", "nobody reaches the provider for longer than customers may pay", context => ProviderAsync(context, _ => HttpFault.Lose, howLongMs: 24_000))
        {
            Proxies = Proxies.Provider,
            LeastFaults = 5,
        },
        new("notification-down", "C2", "notification stands still for 20 s; orders are accepted and confirmed meanwhile", AwayDrills.NotificationAsync),
        new("catalog-down", "C2", "the catalogue stands still for 25 s; orders over known products go on and say so", AwayDrills.CatalogAsync),
        new("events-twice", "C4", "every message of the broker comes again, in reverse order", EventsTwiceAsync) { Stacks = ["redis"], LeastFaults = 10 },
        new(
            "webhooks-twice", "C5", "every webhook comes twice",
            context => WebhooksAsync(context, _ => HttpFault.Twice))
        {
            Proxies = Proxies.Webhooks,
            LeastFaults = 5,
            Load = Async,
        },
        new("webhooks-reordered", "C5", "webhooks come up to 4 s late, in any order", context => WebhooksAsync(context, _ => HttpFault.Delay))
        {
            Proxies = Proxies.Webhooks,
            LeastFaults = 5,
            Load = Async,
        },
        new("webhooks-lost", "C5", "three of four webhooks are lost", context => WebhooksAsync(context, n => n % 4 == 0 ? HttpFault.None : HttpFault.Lose))
        {
            Proxies = Proxies.Webhooks,
            LeastFaults = 5,
            Load = Async,
        },
        new(
            "webhooks-forged", "C5", "a forged copy comes before every webhook",
            context => WebhooksAsync(context, _ => HttpFault.Forge))
        {
            Proxies = Proxies.Webhooks,
            LeastFaults = 5,
            Load = Async,
        },
        new("packets-lost", "C3", "one packet in ten to and from store and broker is dropped for 15 s", PacketDrills.LostAsync)
        {
            Stacks = RealServers,
            OwnNetwork = true,
        },
        new("partition-flapping", "C3", "one direction to each server is dead for 3 s, the other one next, six times", PacketDrills.FlappingAsync)
        {
            Stacks = RealServers,
            OwnNetwork = true,
            LeastFaults = 6,
        },
        new("clock-jump", "C6", "the clocks of single services jump by +3 d, -1 h, +5 min and -5 min, and back", ClockDrill.RunAsync)
        {
            Clocks = ["order", "inventory", "payment", "provider"],
            PaymentWindow = ClockDrill.PaymentWindow,
            LeastFaults = 32,
            AtRest = ClockDrill.Judge,
        },
        new(
            "cut-at-write", "C7", "whoever writes the store is killed at its k-th sync, for five k",
            ProcessFaults.CutAtWriteAsync)
        {
            Stacks = ["embedded",
            "redis"],
            LeastFaults = 5,
        },
        new("disk-full", "C8", "the store's disk is full for 5 s", ProcessFaults.DiskFullAsync) { Stacks = ["redis", "rabbitmq", "kafka"] },
        new("poison", "C9", "messages that no consumer can read, among others", Messages.PoisonAsync) { LeastFaults = 10 },
        new("retry-storm", "C10", "order stands still for 8 s while 40 customers insist", RetryStorm.RunAsync)
        {
            Load = load => load with { Customers = 40, ThinkMs = 1500 },
        },
        new("hot-key", "C11", "40 customers want one product; two inventories write its document", HotKeyAsync)
        {
            Replicas = new Dictionary<string, int> { ["inventory"] = 2 },
            Load = load => load with { Customers = 40, ThinkMs = 700, HotShare = 1, HotStrategy = "etag", HotUnits = 150 },
        },
        new("lock-expiry", "C12", "one of two inventories stands still with a lock until it has run out, and goes on", LockExpiryAsync)
        {
            Replicas = new Dictionary<string, int> { ["inventory"] = 2 },
            LeastFaults = 2,
            Load = load => load with { HotShare = 0.6, HotStrategy = "lock", HotUnits = 500 },
        },
        new("reload", "C13", "component files change, one into no YAML, and back", ReloadAsync) { EditsComponents = true, LeastFaults = 4 },
        new("rolling-restart", "C14", "each service ends in good order and comes again, one after the other", RollingRestartAsync) { LeastFaults = 6 },
        new("store-last", "C19", "the shop is started while its store is away, and again when it has come", StoreLastAsync) { Stacks = RealServers, LeastFaults = 2 },
        new("kill-while-starting", "C19", "the launcher is killed while it starts the shop, three times", KillWhileStartingAsync) { LeastFaults = 3 },
    ];

    public static Drill? Find(string id) => All.FirstOrDefault(drill => drill.Id == id);

    private static Load.ShopLoad.LoadOptions Async(Load.ShopLoad.LoadOptions load) => load with { Sources = AsyncPayments };

    private static async Task KillAsync(DrillContext context, string target, int times)
    {
        for (var n = 0; n < times; n++)
        {
            await context.PauseAsync(300, 1500);
            await context.KillAsync(target);
        }
    }

    /// <summary>Right when a call of a customer begins or has been answered, and so long after.</summary>
    private static async Task KillAtAsync(DrillContext context, Phase phase, int mostLaterMs)
    {
        for (var n = 0; n < 3; n++)
        {
            await context.NextAsync(Actions.Place, phase);
            await context.PauseAsync(context.Random.Next(mostLaterMs + 1));
            await context.KillAsync("order");
        }
    }

    private static async Task StopOwnerAsync(DrillContext context)
    {
        var accepted = await context.AcceptedWhileAsync(() => context.StopAsync("order", TimeSpan.FromSeconds(18)));
        context.Expect(accepted > 0, "no order was accepted while one of two order services stood still");
    }

    private static async Task StoreSlowAsync(DrillContext context)
    {
        context.Redis!.Delay = TimeSpan.FromMilliseconds(40);
        context.Landed("slow", "store");
        await context.PauseAsync(10_000);
        context.Redis.Delay = TimeSpan.Zero;
    }

    private static async Task StoreCutAsync(DrillContext context)
    {
        for (var n = 0; n < 15; n++)
        {
            await context.PauseAsync(100, 700);
            context.Redis!.Cut();
            context.Landed("cut", "store");
        }
    }

    private static async Task StoreAnswersLostAsync(DrillContext context)
    {
        for (var n = 0; n < 10; n++)
        {
            await context.PauseAsync(500, 1200);
            context.Redis!.AnswersLost = true;
            await context.PauseAsync(20, 150);
            context.Redis.Cut();
            context.Redis.AnswersLost = false;
            context.Landed("answers lost", "store");
        }
    }

    private static async Task ProviderAsync(DrillContext context, Func<long, HttpFault> plan, int howLongMs = 12_000, int leastDelayMs = 0, int mostDelayMs = 1)
    {
        context.Provider!.Delay = () => TimeSpan.FromMilliseconds(context.Random.Next(leastDelayMs, mostDelayMs));
        context.Provider.Plan = (n, _) => plan(n);
        await context.PauseAsync(howLongMs);
        context.Provider.Plan = null;
    }

    private static async Task EventsTwiceAsync(DrillContext context)
    {
        await context.PauseAsync(5000);
        foreach (var topic in (string[])["orders", "payments"])
        {
            var sent = await Messages.AgainAsync(context.Shop.Servers.Single().Port, topic);
            for (var n = 0; n < sent; n++)
            {
                context.Landed("again", topic);
            }
        }
    }

    private static async Task WebhooksAsync(DrillContext context, Func<long, HttpFault> plan)
    {
        context.Webhooks!.Delay = () => TimeSpan.FromMilliseconds(context.Random.Next(4000));
        context.Webhooks.Plan = (n, _) => plan(n);
        await context.PauseAsync(12_000);
        context.Webhooks.Plan = null;
    }

    private static async Task HotKeyAsync(DrillContext context)
    {
        await context.PauseAsync(8000);
        await context.StopAsync("inventory/2", TimeSpan.FromSeconds(1));
        await context.PauseAsync(4000);
    }

    private static async Task LockExpiryAsync(DrillContext context)
    {
        foreach (var replica in (string[])["inventory", "inventory/2"])
        {
            await context.StopAsync(replica, TimeSpan.FromSeconds(8));
            await context.PauseAsync(2000);
        }
    }

    private static async Task ReloadAsync(DrillContext context)
    {
        var folder = Directory.GetDirectories(Path.Combine(context.Shop.Folder, "components")).Single();
        var resiliency = Path.Combine(folder, "resiliency.yaml");
        var subscriptions = Path.Combine(folder, "subscriptions.yaml");
        var (asItWas, subscribed) = (await File.ReadAllTextAsync(resiliency), await File.ReadAllTextAsync(subscriptions));
        foreach (var (file, text) in ((string, string)[])
            [
                (resiliency, asItWas.Replace("maxRetries: 8", "maxRetries: 9", StringComparison.Ordinal)),
                (subscriptions, subscribed + "\n---\n\tnot: [yaml\n"),
                (subscriptions, subscribed),
                (resiliency, asItWas),
            ])
        {
            await File.WriteAllTextAsync(file, text);
            context.Landed("edit", Path.GetFileName(file));
            await context.PauseAsync(2500);
        }

        foreach (var app in (string[])["catalog", "order", "inventory", "payment", "notification"])
        {
            context.Expect(!ServerProcess.IsGone(context.Shop.Pids[app]), $"{app} ended over an edited file");
        }
    }

    private static async Task RollingRestartAsync(DrillContext context)
    {
        foreach (var app in (string[])["notification", "payment", "inventory", "order", "catalog", "gateway"])
        {
            await ProcessFaults.RestartAsync(context, app);
        }
    }

    private static async Task StoreLastAsync(DrillContext context)
    {
        var store = context.Shop.Servers.Single(server => server.Name == "redis");
        await store.KillAsync();
        context.Landed("killed", "redis");
        await context.Shop.KillLauncherAsync();
        context.Landed("killed", "launcher");

        // A component that finds no server ends the start, as it ends daprd: whoever supervises it starts it again.
        var isUp = await ProcessFaults.HasStartedAsync(context.Shop.StartAgainAsync());
        await store.StartAgainAsync();
        if (!isUp)
        {
            await context.Shop.StartAgainAsync();
        }
    }

    private static async Task KillWhileStartingAsync(DrillContext context)
    {
        for (var n = 0; n < 3; n++)
        {
            await context.Shop.KillLauncherAsync();
            context.Landed("killed", "launcher");
            var starting = context.Shop.StartAgainAsync();
            await context.PauseAsync(400, 3000);
            if (n == 2)
            {
                await starting;
            }
            else
            {
                await ProcessFaults.KillWhileStartingAsync(context.Shop, starting);
            }
        }
    }
}
