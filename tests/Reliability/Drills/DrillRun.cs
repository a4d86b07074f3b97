using DaprShop.Reliability.Faults;
using DaprShop.Reliability.Load;
using DaprShop.Reliability.Runs;
using DaprShop.TestKit.Servers;

namespace DaprShop.Reliability.Drills;

/// <summary>Runs one drill: a shop, its proxies, load, the harm in the middle of it, rest, the verdict.</summary>
internal static class DrillRun
{
    private const int LoadAloneMs = 3000;

    public static async Task<Verdict> RunAsync(DrillOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var drill = options.Drill;
        if (drill.OwnNetwork && !OwnNetwork.IsInside)
        {
            return await OwnNetwork.RunAsync(options, say, cancellationToken);
        }

        using var clocks = drill.Clocks.Count > 0 ? Clocks.Of(drill.Clocks) : null;
        await using var provider = drill.Proxies.HasFlag(Proxies.Provider) ? await HttpFaults.StartAsync("provider") : null;
        await using var webhooks = drill.Proxies.HasFlag(Proxies.Webhooks) ? await HttpFaults.StartAsync("webhook") : null;
        FaultyProxy? redis = null;
        var settings = new RunSettings(options.Stack, options.Seed)
        {
            // Stores are killed here too; what is answered has to be on the disk then.
            Durable = true,
            Load = drill.Load(new ShopLoad.LoadOptions(options.Seed)),
            Output = Path.Combine(TestKit.Shop.Checkout.Root, "artifacts", "reliability", drill.Id),
            Env = Env(provider, webhooks, clocks),
            PaymentWindow = drill.PaymentWindow,
            Replicas = drill.Replicas,
            EditsComponents = drill.EditsComponents,
            Route = server => drill.Proxies.HasFlag(Proxies.Redis) && server.Name == "redis" ? (redis = FaultyProxy.Start(server.Port)).Port : server.Port,
            Say = say,
        };
        try
        {
            await using var run = await FaultRun.StartAsync(settings);
            Aim(provider, run.Shop.Provider, run.History);
            Aim(webhooks, run.Shop.Gateway, run.History);
            var random = new Random(options.Seed);
            var nemesis = new Nemesis(run.Shop, run.History, run.Probes, new NemesisOptions(options.Seed, Kills: 0), say);
            var context = new DrillContext(run, nemesis, random, say, cancellationToken) { Provider = provider, Webhooks = webhooks, Redis = redis, Clocks = clocks };
            run.BeginLoad();
            await context.PauseAsync(LoadAloneMs);
            say($"{run.History.NowMs,8} ms  {drill.Id} on {options.Stack}, seed {options.Seed}: {drill.Title}");
            await drill.Harm(context);
            await context.PauseAsync(LoadAloneMs);
            var (result, world) = await run.JudgeAsync([.. context.Faults.OrderBy(fault => fault.AtMs)], cancellationToken);
            drill.AtRest(context, world);
            var verdict = Verdict.Of(
                $"drill {drill.Id} ({drill.Row})", options.Stack, Profile(options.Stack), drill.LeastFaults, _ => true, leastAccepted: 10,
                [result with { Findings = [.. result.Findings, .. context.Findings] }]);
            return verdict with { Measures = context.Measures };
        }
        finally
        {
            if (redis is not null)
            {
                await redis.DisposeAsync();
            }
        }
    }

    private static string Profile(string stack) => new KillLoopOptions(0, 0, stack).Profile;

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Env(HttpFaults? provider, HttpFaults? webhooks, Clocks? clocks)
    {
        var env = new Dictionary<string, IReadOnlyDictionary<string, string>>(clocks?.Env ?? new Dictionary<string, IReadOnlyDictionary<string, string>>());
        if (provider is not null)
        {
            env["payment"] = new Dictionary<string, string> { ["Provider__BaseUrl"] = provider.Address };
        }

        if (webhooks is not null)
        {
            env["provider"] = new Dictionary<string, string> { ["Provider__WebhookUrl"] = $"{webhooks.Address}/webhooks/provider" };
        }

        return env;
    }

    private static void Aim(HttpFaults? proxy, string target, History clock)
    {
        if (proxy is not null)
        {
            proxy.Target = target;
            proxy.Clock = () => clock.NowMs;
        }
    }
}
