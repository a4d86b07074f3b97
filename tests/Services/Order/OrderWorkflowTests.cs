using DaprShop.Contracts.Payments;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;

namespace DaprShop.Tests.Services.Order;

public sealed class OrderWorkflowTests
{
    private static readonly DateTime Now = SampleOrders.Now.UtcDateTime;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(-60)]
    [InlineData(60)]
    public async Task Deadline_SetByAWrongClock_IsTheSagasOwn(int minutesOff)
    {
        var context = new ScriptedWorkflowContext(Now, (activity, _) => activity switch
        {
            nameof(TakeHold) => new HoldResult(HoldOutcome.Held, SampleOrders.Now.AddMinutes(minutesOff) + Window, Window),
            nameof(CancelOrder) => true,
            _ => new PaymentLook("pay_1", PaymentStatus.Pending, CancelRequested: false),
        });

        var ended = await new OrderWorkflow().RunAsync(context, "o-1");

        var charge = Assert.Single(context.Calls, call => call.Activity == nameof(RequestCharge));
        var close = Assert.Single(context.Calls, call => call.Activity == nameof(ClosePayment));
        var cancel = Assert.IsType<CancelOrderInput>(context.Calls[^1].Input);
        Assert.Equal(new RequestChargeInput("o-1", Now + Window), charge.Input);
        Assert.Equal(Now + Window, close.At);
        Assert.Equal((nameof(OrderStatus.Cancelled), OrderEvent.DeadlinePassed), (ended, cancel.Reason));
    }

    [Fact]
    public async Task Hold_OfAnEarlierVersion_HasItsDeadlineByTheWallClock()
    {
        var context = new ScriptedWorkflowContext(Now, (activity, _) => activity switch
        {
            nameof(TakeHold) => new HoldResult(HoldOutcome.Held, SampleOrders.Now + Window),
            nameof(ConfirmOrder) => true,
            _ => new PaymentLook("pay_1", PaymentStatus.Succeeded, CancelRequested: false),
        });

        var ended = await new OrderWorkflow().RunAsync(context, "o-1");

        Assert.Equal(new RequestChargeInput("o-1", Now + Window), context.Calls[1].Input);
        Assert.Equal(nameof(OrderStatus.Confirmed), ended);
    }
}
