using System.Globalization;
using System.Net;
using System.Text.Json;
using DaprShop.Reliability.Checking;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Load;

/// <summary>One user whose every call is written down. Repeats a wish under its key while the answer is unknown, as the API tells clients to.</summary>
/// <param name="giveUp">Ends the repeating; the wish stays without an answer.</param>
internal sealed class LoadClient(ShopClient http, string user, History history, Random random, CancellationToken giveUp) : IDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(80);
    private const int PauseSpreadMs = 240;

    public string User => user;

    public Task<HistoryEvent?> PlaceAsync(string key, string source, IReadOnlyList<Line> lines) => InsistAsync(
        Actions.Place, key, orderId: null, lines, () => http.PlaceAsync(key, source, [.. lines.Select(line => (line.Sku, line.Quantity))]));

    /// <summary>One call: whoever reads may look again.</summary>
    public Task<HistoryEvent> ReadAsync(string orderId) =>
        CallAsync(Actions.Read, orderId, orderId, lines: null, () => http.GetAsync($"/api/v1/orders/{orderId}"));

    public Task<HistoryEvent?> CancelAsync(string orderId) => InsistAsync(
        Actions.Cancel, orderId, orderId, lines: null, () => http.PostAsync($"/api/v1/orders/{orderId}/cancel", new { }));

    public Task<HistoryEvent?> RefundAsync(string orderId, string key) =>
        InsistAsync(Actions.Refund, key, orderId, lines: null, () => http.RefundAsync(orderId, key));

    public Task<HistoryEvent?> RestockAsync(string sku, int units, string key) => InsistAsync(
        Actions.Restock, key, orderId: null, [new Line(sku, units)], () => http.PostAsync($"/api/v1/stock/{sku}/restocks", new { quantity = units }, ("Idempotency-Key", key)));

    public void Dispose() => http.Dispose();

    /// <returns>Null: given up.</returns>
    private async Task<HistoryEvent?> InsistAsync(string action, string key, string? orderId, IReadOnlyList<Line>? lines, Func<Task<Answer>> send)
    {
        while (!giveUp.IsCancellationRequested)
        {
            var outcome = await CallAsync(action, key, orderId, lines, send);
            if (outcome.Phase != Phase.Info)
            {
                return outcome;
            }

            var pause = ShortestPause + TimeSpan.FromMilliseconds(random.Next(PauseSpreadMs));
            await Task.Delay(pause, TimeProvider.System, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private async Task<HistoryEvent> CallAsync(string action, string key, string? orderId, IReadOnlyList<Line>? lines, Func<Task<Answer>> send)
    {
        var call = history.Invoke(user, action, key, lines, orderId);
        var outcome = new HistoryEvent(call, 0, user, action, key, Phase.Info, OrderId: orderId);
        try
        {
            outcome = Judged(outcome, await send());
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            outcome = outcome with { Detail = failure.GetType().Name };
        }

        outcome = outcome with { AtMs = history.NowMs };
        history.Add(outcome);
        return outcome;
    }

    private static HistoryEvent Judged(HistoryEvent outcome, Answer answer)
    {
        var detail = ((int)answer.Status).ToString(CultureInfo.InvariantCulture);
        if ((int)answer.Status >= 500 || answer.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
        {
            return outcome with { Detail = detail };
        }

        if ((int)answer.Status >= 300)
        {
            return outcome with { Phase = Phase.Fail, Detail = $"{detail} {answer.Problem}" };
        }

        var body = answer.Json;
        return body.TryGetProperty("items", out var items) && body.TryGetProperty("total", out var total)
            ? outcome with
            {
                Phase = Phase.Ok,
                Detail = detail,
                OrderId = body.GetProperty("id").GetString(),
                Status = body.GetProperty("status").GetString(),
                Version = body.GetProperty("version").GetInt64(),
                Total = total.GetProperty("amount").GetInt64(),
                PricesAsOf = body.TryGetProperty("pricesAsOf", out var asOf) ? asOf.GetDateTimeOffset() : null,
                Lines = [.. items.EnumerateArray().Select(item => new Line(item.GetProperty("sku").GetString()!, item.GetProperty("quantity").GetInt32()))],
            }
            : outcome with { Phase = Phase.Ok, Detail = detail };
    }
}
