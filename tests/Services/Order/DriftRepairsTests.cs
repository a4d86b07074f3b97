using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Reconciling;
using DaprShop.Order.Refunding;
using DaprShop.Tests.Services.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprShop.Tests.Services.Order;

public sealed class DriftRepairsTests : IAsyncLifetime
{
    private readonly Starts _starts = new();
    private readonly List<string> _asked = [];
    private bool _isUp = true;
    private StubHttp _services = null!;
    private FaultyStore _store = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _services = new StubHttp((path, _) =>
        {
            _asked.Add(path);
            return !_isUp ? null : path.StartsWith("/internal/payments", StringComparison.Ordinal)
                ? new PaymentResult("pay_1", PaymentStatus.Refunded, Reason: null)
                : new ChangeReservationResult(Done: true, ReservationState.Returned);
        });
        await new OrderRecords(_store.Documents).CreateAsync(SampleOrders.One(), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _services.Dispose();
    }

    [Theory]
    [InlineData("SettlePayment", "/internal/payments/settle")]
    [InlineData("RefundPayment", "/internal/payments/refund")]
    [InlineData("ConfirmUnits", "/internal/reservations/confirm")]
    [InlineData("ReturnUnits", "/internal/reservations/return")]
    public async Task Repair_ByAnotherService_GivesItsCommandOnce(string repair, string path)
    {
        Assert.True(await RepairAsync(repair));

        Assert.Equal([path], _asked);
    }

    [Theory]
    [InlineData("SettlePayment")]
    [InlineData("ReturnUnits")]
    public async Task Repair_TheServiceDoesNotAnswer_IsNotDone(string repair)
    {
        _isUp = false;

        Assert.False(await RepairAsync(repair));
    }

    [Fact]
    public async Task Repair_DecidedRefund_IsStarted()
    {
        Assert.True(await RepairAsync("StartRefund"));

        Assert.Equal(["o-1"], _starts.Orders);
    }

    [Fact]
    public async Task Repair_ListThatIsBehind_HasTheOrderOnce()
    {
        Assert.True(await RepairAsync("ListOrder"));
        Assert.True(await RepairAsync("ListOrder"));

        var (entries, _) = await new UserOrders(_store.Documents).ReadAsync("shopper-1", before: null, CancellationToken.None);
        Assert.Equal(["o-1"], entries.Select(entry => entry.OrderId));
    }

    [Theory]
    [InlineData("None", "o-1")]
    [InlineData("RefundPayment", "o-nobody")]
    [InlineData("RefundPayment", null)]
    public async Task Repair_NothingThatIsSafe_AsksNobody(string repair, string? orderId)
    {
        Assert.False(await RepairAsync(repair, orderId));

        Assert.Empty(_asked);
    }

    private Task<bool> RepairAsync(string repair, string? orderId = "o-1")
    {
        var log = new OrderLogReader(_store.Documents);
        return new DriftRepairs(
            new OrderStore(_store.Documents, new OrderRecords(_store.Documents), new OrderTails(), log),
            new InventoryClient(_services.Client()),
            new PaymentClient(_services.Client()),
            _starts,
            intake: null!,
            sagas: null!,
            new UserOrders(_store.Documents),
            NullLogger<DriftRepairs>.Instance).RepairAsync(
                new Drift(DriftKinds.RefundMissing, orderId, "SKU-1001", "planted", Enum.Parse<DriftRepair>(repair), "o-1"), CancellationToken.None);
    }

    private sealed class Starts : IRefundStarter
    {
        public List<string> Orders { get; } = [];

        public Task<bool> EnsureAsync(string orderId, CancellationToken cancellationToken)
        {
            Orders.Add(orderId);
            return Task.FromResult(true);
        }
    }
}
