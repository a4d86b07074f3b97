using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Refunding;
using DaprShop.Order.Saga;
using DaprShop.Order.Streaming;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Services.Order;

public sealed class RefundTests : IAsyncLifetime
{
    private const string Id = "3f0c8a56-9c41-5d0e-8a86-6d8f0f3c9b11";

    private static readonly OrderContent Order = SampleOrders.One(Id);

    private readonly ManualClock _clock = new(SampleOrders.Now);
    private readonly Starts _starts = new();
    private readonly StubHttp _inventory = new((_, _) => new ChangeReservationResult(Done: true, ReservationState.Returned));
    private readonly StubHttp _payment = new((_, _) => new PaymentResult("pay_1", PaymentStatus.Refunded, Reason: null));
    private readonly MeterReader _meters = new();
    private FaultyStore _store = null!;
    private OrderStore _orders = null!;
    private OrderAdvance _advance = null!;
    private OpenRefunds _open = null!;

    public async Task InitializeAsync()
    {
        _store = await FaultyStore.StartAsync();
        _store.Sidecar.HasBroker = true;
        var records = new OrderRecords(_store.Documents);
        _orders = new OrderStore(_store.Documents, records, new OrderTails(), new OrderLogReader(_store.Documents));
        _advance = new OrderAdvance(_store.Documents, new OrderWatches(Options.Create(new OrderStreamOptions())), new SagaMetrics(_meters), _clock, NullLogger<OrderAdvance>.Instance);
        _open = new OpenRefunds(_store.Documents, _clock);
        await records.CreateAsync(Order, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _inventory.Dispose();
        _payment.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task Refund_ConfirmedOrder_IsDecidedFoundAndStarted()
    {
        await ConfirmAsync();

        var accepted = Assert.IsType<Accepted<OrderView>>(await RefundAsync("k-1"));

        Assert.Equal(("Confirmed", "Succeeded", 5L), (accepted.Value!.Status, accepted.Value.Payment.Status, accepted.Value.Version));
        Assert.Equal("refund requested", (await StateAsync()).Timeline[^1].Cause);
        Assert.Equal([Id], (await _open.ListAsync(CancellationToken.None)).Select(refund => refund.OrderId));
        Assert.Equal([Id], _starts.Orders);
    }

    [Fact]
    public async Task Refund_SameKeyAgain_ReplaysBeforeAndAfterItIsDone()
    {
        await ConfirmAsync();
        await RefundAsync("k-1");
        var (during, after) = (new DefaultHttpContext(), new DefaultHttpContext());

        var first = Assert.IsType<Accepted<OrderView>>(await RefundAsync("k-1", during));
        await RunStepsAsync();
        var second = Assert.IsType<Accepted<OrderView>>(await RefundAsync("k-1", after));

        Assert.Equal(("Confirmed", "Refunded", "Refunded"), (first.Value!.Status, second.Value!.Status, second.Value.Payment.Status));
        Assert.All([during, after], context => Assert.Equal("true", context.Response.Headers[ShopHeaders.IdempotencyReplayed]));
        Assert.Equal([Id, Id], _starts.Orders);
    }

    [Fact]
    public async Task Refund_AnotherKey_IsIllegalBeforeAndAfterItIsDone()
    {
        await ConfirmAsync();
        await RefundAsync("k-1");

        Assert.Equal("The order is Confirmed and another request is refunding it already.", Illegal(await RefundAsync("k-2")));
        await RunStepsAsync();

        Assert.Equal("An order that is Refunded cannot be refunded: only a Confirmed one can.", Illegal(await RefundAsync("k-2")));
        Assert.Equal("An order that is Refunded cannot be refunded: only a Confirmed one can.", Illegal(await RefundAsync("k-1", user: "operator-2")));
    }

    [Theory]
    [InlineData("Reserved")]
    [InlineData("AwaitingPayment", "HoldTaken")]
    [InlineData("Paid", "HoldTaken", "PaymentSucceeded")]
    [InlineData("Cancelled", "HoldTaken", "PaymentFailed")]
    public async Task Refund_OrderInAnotherState_IsIllegalAndNamesIt(string status, params string[] events)
    {
        await ApplyAsync(events);

        Assert.Equal($"An order that is {status} cannot be refunded: only a Confirmed one can.", Illegal(await RefundAsync("k-1")));
        Assert.Empty(await _open.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Refund_NoKeyOrNoOrder_IsRefused()
    {
        Assert.Equal("idempotency-key-missing", Problem(await RefundAsync(key: null)));
        Assert.Equal("not-found", Problem(await RefundAsync("k-1", id: "3f0c8a56-9c41-5d0e-8a86-6d8f0f3c9b12")));
    }

    [Fact]
    public async Task Refund_TwentyKeysAtOnce_OneDecides()
    {
        await ConfirmAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => RefundAsync($"k-{n}")));

        Assert.Single(answers.OfType<Accepted<OrderView>>());
        Assert.Single((await StateAsync()).Timeline, entry => entry.Cause == "refund requested");
    }

    [Fact]
    public async Task Sweep_ACrashLeftItUnstarted_StartsIt()
    {
        await ConfirmAsync();
        _starts.AreUp = false;
        Assert.IsType<Accepted<OrderView>>(await RefundAsync("k-1"));
        _starts.AreUp = true;

        await SweepAsync();
        Assert.Empty(_starts.Orders);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await SweepAsync();

        Assert.Equal([Id], _starts.Orders);
    }

    [Fact]
    public async Task Sweep_ACrashBeforeTheDecision_IsForgottenLater()
    {
        await ConfirmAsync();
        await _open.AddAsync(Id, CancellationToken.None);

        _clock.Advance(TimeSpan.FromMinutes(30));
        await SweepAsync();
        Assert.Single(await _open.ListAsync(CancellationToken.None));
        _clock.Advance(TimeSpan.FromMinutes(30));
        await SweepAsync();

        Assert.Empty(await _open.ListAsync(CancellationToken.None));
        Assert.Empty(_starts.Orders);
    }

    [Fact]
    public async Task Sweep_ACrashAfterTheLastSwap_ForgetsItAndStartsNothing()
    {
        await ConfirmAsync();
        await RefundAsync("k-1");
        await _advance.AdvanceAsync(Order, OrderEvent.Refunded, new TransitionDetails(), CancellationToken.None);
        _clock.Advance(TimeSpan.FromMinutes(1));

        await SweepAsync();

        Assert.Empty(await _open.ListAsync(CancellationToken.None));
        Assert.Equal([Id], _starts.Orders);
    }

    /// <summary>A crash after a step runs it again; the steps before it do not run any more.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Steps_OneOfThemTwice_RefundOnce(int twice)
    {
        await ConfirmAsync();
        await RefundAsync("k-1");

        await RunStepsAsync(twice);

        var state = await StateAsync();
        Assert.Equal((OrderStatus.Refunded, "Refunded", 6L), (state.Status, state.PaymentStatus, state.Version));
        Assert.Equal(["refund requested", "payment refunded, stock returned"], state.Timeline.TakeLast(2).Select(entry => entry.Cause));
        Assert.Empty(await _open.ListAsync(CancellationToken.None));
        Assert.Equal(Enumerable.Repeat($"{Id}:refunded", twice == 3 ? 2 : 1), _store.Sidecar.Published);
        Assert.All(_inventory.Requests, request => Assert.Equal("/internal/reservations/return", request.Path));
        Assert.Equal((twice == 1 ? 2 : 1, twice == 2 ? 2 : 1), (_payment.Requests.Count, _inventory.Requests.Count));
    }

    [Fact]
    public async Task Check_WithoutADecision_MovesNoMoney()
    {
        await ConfirmAsync();

        Assert.False(await new CheckRefund(_orders).RunAsync(context: null!, Id));
    }

    [Fact]
    public async Task Refund_AmidFalseAndLostAnswers_IsDecidedOnce()
    {
        await ConfirmAsync();
        _store.Sidecar.FailWrites(
            WriteFault.AppliedButConflict, WriteFault.AppliedButNoAnswer, WriteFault.ConflictNotApplied, WriteFault.ErrorNotApplied, WriteFault.AppliedButError);

        Assert.IsType<Accepted<OrderView>>(await RefundAsync("k-1"));

        Assert.Single((await StateAsync()).Timeline, entry => entry.Cause == "refund requested");
        Assert.Single(await _open.ListAsync(CancellationToken.None));
    }

    private Task ConfirmAsync() => ApplyAsync("HoldTaken", "PaymentSucceeded", "ReservationConfirmed");

    private async Task ApplyAsync(params string[] events)
    {
        foreach (var happened in events)
        {
            await _advance.AdvanceAsync(Order, Enum.Parse<OrderEvent>(happened), new TransitionDetails(), CancellationToken.None);
        }
    }

    private Task<IResult> RefundAsync(string? key, DefaultHttpContext? context = null, string id = Id, string user = "operator-1")
    {
        context ??= new DefaultHttpContext();
        if (key is not null)
        {
            context.Request.Headers[ShopHeaders.IdempotencyKey] = key;
        }

        return RefundOrderEndpoint.HandleAsync(
            id,
            new ShopCaller(user, ShopCaller.Operator),
            _orders,
            _open,
            _advance,
            _starts,
            context,
            NullLogger<RefundWorkflow>.Instance,
            CancellationToken.None);
    }

    /// <summary>What the workflow calls, in its order.</summary>
    /// <param name="twice">The step that runs once more.</param>
    private async Task RunStepsAsync(int? twice = null)
    {
        Func<Task<bool>>[] steps =
        [
            () => new CheckRefund(_orders).RunAsync(context: null!, Id),
            () => new RefundOrder(_orders, new PaymentClient(_payment.Client())).RunAsync(context: null!, Id),
            () => new ReturnUnits(_orders, new InventoryClient(_inventory.Client())).RunAsync(context: null!, Id),
            () => new EndRefund(_orders, _advance, new OutcomePublisher(_store.Events), _open).RunAsync(context: null!, Id),
        ];
        for (var step = 0; step < steps.Length; step++)
        {
            Assert.True(await steps[step]());
            if (step == twice)
            {
                Assert.True(await steps[step]());
            }
        }
    }

    private Task SweepAsync() =>
        new SweepRefunds(_open, _orders, _starts, _clock, NullLogger<SweepRefunds>.Instance).SweepAsync(CancellationToken.None);

    private async Task<OrderState> StateAsync() => (await _orders.StateAsync(Id, CancellationToken.None))!;

    private static string? Illegal(IResult result)
    {
        Assert.Equal("illegal-transition", Problem(result));
        return ((ProblemHttpResult)result).ProblemDetails.Detail;
    }

    private static string Problem(IResult result) => Assert.IsType<ProblemHttpResult>(result).ProblemDetails.Type![Problems.TypePrefix.Length..];

    /// <summary>The workflow engine, as far as a refund is started.</summary>
    private sealed class Starts : IRefundStarter
    {
        public List<string> Orders { get; } = [];

        public bool AreUp { get; set; } = true;

        public Task<bool> EnsureAsync(string orderId, CancellationToken cancellationToken)
        {
            if (AreUp)
            {
                Orders.Add(orderId);
            }

            return Task.FromResult(AreUp);
        }
    }
}
