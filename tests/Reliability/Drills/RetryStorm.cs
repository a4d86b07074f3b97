using System.Globalization;
using System.Text.RegularExpressions;
using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Drills;

/// <summary>
/// Order stands still while many customers insist. What they repeat is theirs; what the shop makes of each of their calls must not grow, or the load would
/// outlive its cause.
/// </summary>
internal static partial class RetryStorm
{
    private const double MostAmplification = 1.2;
    private const int CalmMs = 12_000;
    private const int WindowMs = 5000;
    private static readonly string[] Called = ["order", "inventory", "payment"];

    public static async Task RunAsync(DrillContext context)
    {
        using var http = new HttpClient();
        var before = await CountAsync(context, http);
        await context.PauseAsync(CalmMs);
        var calm = await CountAsync(context, http);
        await context.StopAsync("order", TimeSpan.FromSeconds(8));
        var goesOn = context.History.NowMs;
        var rate = (calm.Accepted - before.Accepted) * (double)WindowMs / CalmMs;
        var recovered = await GoodputAsync(context, goesOn, rate * 0.7);
        await context.PauseAsync((int)Math.Max(0, goesOn + 30_000 - context.History.NowMs));
        var after = await CountAsync(context, http);

        var (usual, storm) = (PerCall(before, calm), PerCall(calm, after));
        context.Measured("internal calls for a customer's call", $"{usual:0.00} before, {storm:0.00} in the storm and 30 s after: {storm / usual:0.00} x, at most {MostAmplification} x");
        context.Measured("accepted again as before", $"{(recovered is { } ms ? string.Create(CultureInfo.InvariantCulture, $"{ms} ms") : "not")} after order went on, at most 30 s");
        context.Expect(storm <= usual * MostAmplification, string.Create(CultureInfo.InvariantCulture, $"the shop made {storm:0.00} calls of each call of a customer, {usual:0.00} before the storm"));
        context.Expect(recovered is not null, "30 s after order went on fewer orders were accepted than before");
    }

    /// <returns>After how long the orders of the last five seconds were as many as this; null: not within 30 s.</returns>
    private static async Task<long?> GoodputAsync(DrillContext context, long from, double wanted)
    {
        while (context.History.NowMs < from + 30_000)
        {
            var accepted = context.Load.Accepted;
            await context.PauseAsync(WindowMs);
            if (context.Load.Accepted - accepted >= wanted)
            {
                return context.History.NowMs - from;
            }
        }

        return null;
    }

    private static double PerCall(Counts from, Counts to) => (to.Internal - from.Internal) / (double)Math.Max(1, to.Customers - from.Customers);

    /// <summary>Calls of customers by the history, calls among the services by what their sidecars say has reached them: repeats of both halves are in it.</summary>
    private static async Task<Counts> CountAsync(DrillContext context, HttpClient http)
    {
        var received = 0L;
        foreach (var app in Called)
        {
            var metrics = await http.GetStringAsync(new Uri(context.Shop.Metrics(app)), context.CancellationToken);
            received += Received().Matches(metrics).Sum(line => (long)double.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }

        return new Counts(received, context.History.Snapshot().Count(call => call.Phase == Phase.Invoke), context.Load.Accepted);
    }

    [GeneratedRegex(@"^dapr_runtime_service_invocation_req_recv_total\{[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex Received();

    private sealed record Counts(long Internal, int Customers, int Accepted);
}
