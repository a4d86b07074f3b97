using System.Collections.Concurrent;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace DaprShop.Tests.Services.Payment;

/// <summary>
/// The order's deadline against the webhook that says that the money has come, which comes twice: either the payment stands, or the money goes back
/// once. One in seven answers to a refund is lost after it was made.
/// </summary>
public sealed class PaymentRaceTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Races = 5000;
    private const int AtOnce = 32;
    private static readonly Money Amount = new(1000, "CNY");

    private readonly ConcurrentDictionary<string, int> _refunds = new(StringComparer.Ordinal);
    private readonly MeterReader _meters = new();
    private FaultyStore _store = null!;
    private StubHttp _provider = null!;
    private PaymentProcess _payments = null!;
    private int _lost;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _store.Sidecar.HasBroker = true;
        _provider = new StubHttp(Answer);
        _payments = new PaymentProcess(
            _store.Documents,
            new ProviderClient(_provider.Client(), NullLogger<ProviderClient>.Instance),
            _store.Events,
            new PaymentMetrics(_meters),
            // It stands: no event stays owed because a busy machine was slow to publish it.
            new ManualClock(),
            NullLogger<PaymentProcess>.Instance);
    }

    public async Task DisposeAsync()
    {
        _provider.Dispose();
        _meters.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Expiry_AgainstAWebhookThatComesTwice_LeavesTheMoneyPaidOrBackOnce()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"Seed {seed}");
        var ended = new ConcurrentDictionary<string, PaymentDocument>(StringComparer.Ordinal);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Races),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (n, _) => ended[$"o-{n}"] = await RaceAsync($"o-{n}", new Random(unchecked(seed + n))));

        var standing = ended.Values.Where(payment => payment.Status == PaymentStatus.Succeeded).ToList();
        var returned = ended.Values.Where(payment => payment.Status == PaymentStatus.Refunded).ToList();
        output.WriteLine($"{Races} races: {standing.Count} paid, {returned.Count} refunded, {_lost} answers to a refund lost");
        Assert.Equal(Races, standing.Count + returned.Count);
        Assert.True(standing.Count > 0 && returned.Count > 0 && _lost > 0, "the races all went one way");
        Assert.All(standing, payment => Assert.Null(payment.Refund));
        Assert.Equal(
            returned.Select(payment => PaymentKeys.RefundKey(payment.OrderId)).Order(StringComparer.Ordinal), _refunds.Keys.Order(StringComparer.Ordinal));
        Assert.All(ended.Values, payment => Assert.Empty(payment.Unpublished));
    }

    private async Task<PaymentDocument> RaceAsync(string orderId, Random random)
    {
        await _payments.ChargeAsync(new RequestPayment(orderId, "shopper-1", Amount, "tok_async"), CancellationToken.None);
        var captured = new ChargeOutcome("ch_1", ChargeStatus.Succeeded);
        Func<Task>[] racers =
        [
            () => _payments.CloseAsync(new PaymentCommand(orderId, "shopper-1", Amount), CancellationToken.None),
            () => UntilAnsweredAsync(() => _payments.SettleAsync(orderId, captured, CancellationToken.None)),
            () => UntilAnsweredAsync(() => _payments.SettleAsync(orderId, captured, CancellationToken.None)),
        ];
        random.Shuffle(racers);
        await Task.WhenAll(racers.Select(racer => Task.Run(racer)));
        // The settlement watch looks once more, as it does for every payment.
        return await UntilAnsweredAsync(() => _payments.SettleClosedAsync(orderId, CancellationToken.None));
    }

    private static async Task<PaymentDocument> UntilAnsweredAsync(Func<Task<PaymentDocument>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (DependencyUnavailableException)
            {
                // As the provider repeats a webhook, and the watch its look.
            }
        }
    }

    private object? Answer(string path, string body)
    {
        if (path != "/v1/refunds")
        {
            return body.Length > 0
                ? new ChargeAnswer("ch_1", "processing")
                : new ProviderCharges([new ProviderCharge("ch_1", "succeeded", Amount.Amount, Amount.Currency, "tok_async", "any", Refunded: 0, SampleOrders.Now)]);
        }

        var refund = JsonSerializer.Deserialize<CreateRefund>(body, ShopJson.Documents)!;
        var number = _refunds.Count;
        if (_refunds.TryAdd(refund.IdempotencyKey, number) && number % 7 == 0)
        {
            Interlocked.Increment(ref _lost);
            return null;
        }

        return new RefundAnswer($"re_{refund.IdempotencyKey}", "succeeded");
    }
}
