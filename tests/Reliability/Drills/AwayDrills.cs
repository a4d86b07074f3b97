using System.Net;
using DaprShop.Reliability.Checking;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Drills;

/// <summary>What has to go on while a part is away, as decision 0033 promises it.</summary>
internal static class AwayDrills
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(20);

    /// <summary>Longer than the sidecar's policy waits: whoever asks for an unknown product waits as long, and is told the truth should it come back before.</summary>
    private static readonly TimeSpan CatalogAway = TimeSpan.FromSeconds(25);

    /// <summary>Calls that began this soon after the catalogue was stopped may have got their answer from it still.</summary>
    private const int StillAnsweredMs = 2000;

    public static async Task BrokerAsync(DrillContext context)
    {
        var broker = context.Shop.Servers.Single(server => server.Name != "redis").Name;

        // A quorum queue of RabbitMQ 3.10 may lose its leader for good when it is killed in its first half second, and the first event declares them.
        using var reader = await ShopClient.SignInAsync(context.Shop.Gateway, "operator-1");
        var order = await context.NextAsync(Actions.Place, Phase.Ok);
        await EndAsync(reader, order.OrderId!, context.CancellationToken);
        await context.PauseAsync(3000);
        await SellsAsync(context, broker, () => context.KillAsync(broker, (int)Away.TotalMilliseconds));
    }

    public static Task NotificationAsync(DrillContext context) => SellsAsync(context, "notification", () => context.StopAsync("notification", Away));

    public static async Task CatalogAsync(DrillContext context)
    {
        using var stranger = await ShopClient.SignInAsync(context.Shop.Gateway, "shopper-1");
        var from = context.History.NowMs + StillAnsweredMs;
        var stopped = context.StopAsync("catalog", CatalogAway);
        await context.PauseAsync(StillAnsweredMs);

        // Whether there is such a product nobody can tell now; a refusal for good would be a lie.
        var unknown = await stranger.PlaceAsync("unknown-product", "tok_ok", ("REL-UNKNOWN", 1));
        context.Expect(
            unknown.Status == HttpStatusCode.ServiceUnavailable && unknown.Headers.Contains("Retry-After"),
            $"an order over an unknown product was answered {unknown.Status} while the catalogue stood still");
        await stopped;
        var to = context.History.NowMs - StillAnsweredMs;
        await context.PauseAsync(StillAnsweredMs);
        var history = context.History.Snapshot();
        var begun = history.Where(call => call is { Action: Actions.Place, Phase: Phase.Invoke } && call.AtMs >= from).Select(call => call.Call).ToHashSet();
        var accepted = history.Where(call => call is { Action: Actions.Place, Phase: Phase.Ok } && call.AtMs <= to && begun.Contains(call.Call)).ToList();

        // A repeat is answered with the order as it was accepted, which may have been before.
        var first = accepted.Where(call => history.First(other => other is { Action: Actions.Place, Phase: Phase.Invoke } && other.Key == call.Key && other.User == call.User).AtMs >= from).ToList();
        context.Measured("accepted at remembered prices", $"{first.Count(call => call.PricesAsOf is not null)} of {first.Count}");
        context.Expect(first.Count > 0, $"no order was accepted while the catalogue stood still, from {from} to {to} ms");
        foreach (var silent in first.Where(call => call.PricesAsOf is null))
        {
            context.Expect(false, $"{silent.OrderId} was accepted at remembered prices and does not say so");
        }
    }

    /// <summary>Orders are accepted and come to their end before the part is back; that each is told once afterwards, the checker sees.</summary>
    private static async Task SellsAsync(DrillContext context, string part, Func<Task> harm)
    {
        using var reader = await ShopClient.SignInAsync(context.Shop.Gateway, "operator-1");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var confirming = ConfirmedAsync(context, reader, stop.Token);
        var accepted = await context.AcceptedWhileAsync(async () =>
        {
            await harm();
            await stop.CancelAsync();
        });
        var confirmed = await confirming;
        context.Measured($"while {part} was away", $"{accepted} orders accepted, {confirmed} of those that were followed confirmed");
        context.Expect(accepted > 0, $"no order was accepted while {part} was away");
        context.Expect(confirmed > 0, $"no order was confirmed while {part} was away");
    }

    /// <returns>How many of the orders that were accepted from now on were seen confirmed before it was stopped.</returns>
    private static async Task<int> ConfirmedAsync(DrillContext context, ShopClient reader, CancellationToken stop)
    {
        var confirmed = 0;
        try
        {
            while (true)
            {
                var order = await context.History.NextAsync(happened => happened is { Action: Actions.Place, Phase: Phase.Ok }, stop);
                confirmed += await EndAsync(reader, order.OrderId!, stop) == OrderLife.Confirmed && !stop.IsCancellationRequested ? 1 : 0;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return confirmed;
        }
    }

    /// <returns>Its status when it has one that is final for the saga.</returns>
    private static async Task<string> EndAsync(ShopClient reader, string orderId, CancellationToken stop)
    {
        while (true)
        {
            if (await StatusAsync(reader, orderId) is var status && OrderLife.HasEnded(status))
            {
                return status;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, stop);
        }
    }

    private static async Task<string> StatusAsync(ShopClient reader, string orderId)
    {
        try
        {
            var answer = await reader.GetAsync($"/api/v1/orders/{orderId}");
            return answer.Status == HttpStatusCode.OK ? answer.Json.GetProperty("status").GetString()! : "";
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return "";
        }
    }
}
