using DaprShop.Contracts;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;
using DaprShop.Payment.Settlement;
using DaprShop.ServiceDefaults.Events;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Payment;

public sealed class SettlePaymentTests : IAsyncLifetime
{
    private static readonly Money Amount = new(1000, "CNY");

    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly MeterReader _meters = new();
    private FaultyStore _store = null!;
    private StubHttp _provider = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync(_clock);
        _provider = new StubHttp((_, _) => new ProviderCharges([]));
    }

    public async Task DisposeAsync()
    {
        _provider.Dispose();
        _meters.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Settle_ChargeMayStillBeOnItsWay_WatchesOnHoweverOldThePaymentIs()
    {
        await ChangeAsync(found => PaymentDecisions.Request(found, new RequestPayment("o-1", "shopper-1", Amount, "tok_ok"), _clock.GetUtcNow()));
        _clock.Advance(TimeSpan.FromMinutes(15));
        await ChangeAsync(found => PaymentDecisions.Close(found, new PaymentCommand("o-1", "shopper-1", Amount), _clock.GetUtcNow()));

        var atOnce = await SettleAsync();
        _clock.Advance(TimeSpan.FromMinutes(3));
        var later = await SettleAsync();

        Assert.Equal((false, true), (atOnce, later));
    }

    [Fact]
    public async Task Settle_EventThatIsNotOut_WatchesOn()
    {
        await ChangeAsync(found => PaymentDecisions.Request(found, new RequestPayment("o-1", "shopper-1", Amount, "tok_ok"), _clock.GetUtcNow()));
        await ChangeAsync(found => PaymentDecisions.Settle(found!, new ChargeOutcome("ch_1", ChargeStatus.Succeeded), _clock.GetUtcNow()));

        // The sidecar of this test has no broker.
        Assert.False(await SettleAsync());
    }

    [Fact]
    public async Task Charge_BrokerHangs_IsAnsweredAndTheEventStaysOwed()
    {
        using var broker = new StubHttp((_, _) => new TaskCompletionSource<object?>().Task);
        await using var events = new EventPublisher(new BulkPublishClient(broker.Client()));
        using var http = new StubHttp((_, _) => new ChargeAnswer("ch_1", "succeeded"));
        var payments = new PaymentProcess(
            _store.Documents, new ProviderClient(http.Client(), NullLogger<ProviderClient>.Instance), events, new PaymentMetrics(_meters), _clock, NullLogger<PaymentProcess>.Instance);

        var charging = payments.ChargeAsync(new RequestPayment("o-1", "shopper-1", Amount, "tok_ok"), CancellationToken.None);
        await Eventually.True(() => !broker.Requests.IsEmpty);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var payment = await charging.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal((PaymentStatus.Succeeded, 1), (payment.Status, payment.Unpublished.Count));
        Assert.Single((await payments.ReadAsync("o-1", CancellationToken.None))!.Unpublished);
    }

    [Fact]
    public async Task Charge_EachOutcome_IsMeasuredOnceFromItsRequest()
    {
        var status = "processing";
        using var http = new StubHttp((path, _) => path == "/v1/refunds" ? new RefundAnswer("re_1", "succeeded") : new ChargeAnswer("ch_1", status));
        var payments = new PaymentProcess(
            _store.Documents,
            new ProviderClient(http.Client(), NullLogger<ProviderClient>.Instance),
            _store.Events,
            new PaymentMetrics(_meters),
            _clock,
            NullLogger<PaymentProcess>.Instance);
        _store.Sidecar.HasBroker = true;

        await payments.ChargeAsync(new RequestPayment("o-1", "shopper-1", Amount, "tok_async"), CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(3));
        await payments.SettleAsync("o-1", new ChargeOutcome("ch_1", ChargeStatus.Succeeded), CancellationToken.None);
        await payments.SettleAsync("o-1", new ChargeOutcome("ch_1", ChargeStatus.Succeeded), CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(60));
        await payments.RefundAsync("o-1", CancellationToken.None);
        status = "declined";
        await payments.ChargeAsync(new RequestPayment("o-2", "shopper-1", Amount, "tok_declined"), CancellationToken.None);
        await payments.CloseAsync(new PaymentCommand("o-3", "shopper-1", Amount), CancellationToken.None);

        Assert.Equal(["refunded 63", "succeeded 3"], _meters.Read(PaymentMetrics.Duration));
        Assert.Equal(
            ["failed", "refunded", "succeeded", "voided"],
            _meters.Read().Keys.Select(key => key.Split('{', '}')[1]));
    }

    [Theory]
    [InlineData("succeeded", "Refunded", 1)]
    [InlineData("processing", "Voided", 0)]
    [InlineData("declined", "Voided", 0)]
    public async Task SettleClosed_MoneyThatCameForAVoidedPayment_GoesBackOnce(string charge, string status, int refunds)
    {
        using var http = new StubHttp((path, _) => path == "/v1/refunds"
            ? new RefundAnswer("re_1", "succeeded")
            : new ProviderCharges([new ProviderCharge("ch_1", charge, 1000, "CNY", "tok_ok", "o-1", Refunded: 0, SampleOrders.Now)]));
        var payments = new PaymentProcess(
            _store.Documents, new ProviderClient(http.Client(), NullLogger<ProviderClient>.Instance), _store.Events, new PaymentMetrics(_meters), _clock, NullLogger<PaymentProcess>.Instance);
        await ChangeAsync(found => PaymentDecisions.Request(found, new RequestPayment("o-1", "shopper-1", Amount, "tok_ok"), _clock.GetUtcNow()));
        await ChangeAsync(found => PaymentDecisions.Close(found, new PaymentCommand("o-1", "shopper-1", Amount), _clock.GetUtcNow()));

        await payments.SettleClosedAsync("o-1", CancellationToken.None);
        var again = await payments.SettleClosedAsync("o-1", CancellationToken.None);

        Assert.Equal(status, again.Status.ToString());
        Assert.Equal(refunds, http.Requests.Count(request => request.Path == "/v1/refunds"));
    }

    private Task ChangeAsync(Func<PaymentDocument?, DaprShop.ServiceDefaults.State.Change<PaymentDocument, PaymentDocument>> decide) =>
        _store.Documents.ChangeAsync(PaymentKeys.Document("o-1"), decide, CancellationToken.None);

    private async Task<bool> SettleAsync()
    {
        var provider = new ProviderClient(_provider.Client(), NullLogger<ProviderClient>.Instance);
        var payments = new PaymentProcess(_store.Documents, provider, _store.Events, new PaymentMetrics(_meters), _clock, NullLogger<PaymentProcess>.Instance);
        return await new SettlePayment(payments, provider, _clock).RunAsync(context: null!, "o-1");
    }
}
