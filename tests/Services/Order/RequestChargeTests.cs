using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.TestKit;
using DaprShop.Tests.Services.State;

namespace DaprShop.Tests.Services.Order;

public sealed class RequestChargeTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly AttendedPayments _attended = new();
    private FaultyStore _store = null!;

    public async Task InitializeAsync() => _store = await FaultyStore.StartAsync(_clock);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    public async Task Charge_EndsThePayment_ItsEventNeedNotWakeTheSaga(string status)
    {
        bool? whileAsked = null;
        using var payment = new StubHttp((_, _) =>
        {
            whileAsked = _attended.Contains("o-1");
            return new PaymentResult("pay_1", Enum.Parse<PaymentStatus>(status), Reason: null);
        });

        var look = await ChargeAsync(payment);

        Assert.Equal(("pay_1", status), (look.PaymentId, look.Status.ToString()));
        Assert.Equal((true, true), (whileAsked, _attended.Contains("o-1")));
    }

    [Fact]
    public async Task Charge_IsStillPending_ItsEventWakesTheSaga()
    {
        using var payment = new StubHttp((_, _) => new PaymentResult("pay_1", PaymentStatus.Pending, Reason: null));

        await ChargeAsync(payment);

        Assert.False(_attended.Contains("o-1"));
    }

    [Fact]
    public async Task Charge_IsNotAnswered_ItsEventWakesTheSaga()
    {
        using var payment = new StubHttp((_, _) => null);

        await Assert.ThrowsAsync<HttpRequestException>(() => ChargeAsync(payment));

        Assert.False(_attended.Contains("o-1"));
    }

    private async Task<PaymentLook> ChargeAsync(StubHttp payment)
    {
        var records = new OrderRecords(_store.Documents);
        await records.CreateAsync(SampleOrders.One(), CancellationToken.None);
        var orders = new OrderStore(_store.Documents, records, tails: null!, log: null!);
        var step = new RequestCharge(orders, new PaymentClient(payment.Client()), _attended, _clock);
        return await step.RunAsync(context: null!, new RequestChargeInput("o-1", SampleOrders.Now.AddMinutes(1).UtcDateTime));
    }
}
