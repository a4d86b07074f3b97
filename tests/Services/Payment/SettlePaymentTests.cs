using DaprShop.Contracts;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;
using DaprShop.Payment.Settlement;
using DaprShop.ServiceDefaults.Events;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Order;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Payment;

public sealed class SettlePaymentTests : IAsyncLifetime
{
    private static readonly Money Amount = new(1000, "CNY");

    private readonly ManualClock _clock = new(SampleOrders.Now);
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

    private Task ChangeAsync(Func<PaymentDocument?, DaprShop.ServiceDefaults.State.Change<PaymentDocument, PaymentDocument>> decide) =>
        _store.Documents.ChangeAsync(PaymentKeys.Document("o-1"), decide, CancellationToken.None);

    private async Task<bool> SettleAsync()
    {
        var provider = new ProviderClient(_provider.Client(), NullLogger<ProviderClient>.Instance);
        await using var events = new EventPublisher(new BulkPublishClient(new HttpClient { BaseAddress = new Uri(_store.Sidecar.Address) }));
        var payments = new PaymentProcess(_store.Documents, provider, events, _clock, NullLogger<PaymentProcess>.Instance);
        return await new SettlePayment(payments, provider, _clock).RunAsync(context: null!, "o-1");
    }
}
