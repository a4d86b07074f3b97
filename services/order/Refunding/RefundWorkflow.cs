using Dapr.Workflow;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;

namespace DaprShop.Order.Refunding;

/// <summary>
/// What follows from the decision to refund a confirmed order: the money first, then the units, then the order says so. Instance id is
/// <c>{orderId}-refund</c>, input the order id. Every step may run twice, and nothing undoes one: a refund once decided goes through.
/// </summary>
internal sealed class RefundWorkflow : Workflow<string, string>
{
    public override async Task<string> RunAsync(WorkflowContext context, string orderId)
    {
        if (!await context.CallActivityAsync<bool>(nameof(CheckRefund), orderId, OrderWorkflow.UntilDone))
        {
            return "Finished";
        }

        await context.CallActivityAsync<bool>(nameof(RefundOrder), orderId, OrderWorkflow.UntilDone);
        await context.CallActivityAsync<bool>(nameof(ReturnUnits), orderId, OrderWorkflow.UntilDone);
        await context.CallActivityAsync<bool>(nameof(EndRefund), orderId, OrderWorkflow.UntilDone);
        return nameof(OrderStatus.Refunded);
    }
}
