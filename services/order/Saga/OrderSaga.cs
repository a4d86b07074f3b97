using Dapr.Workflow;
using DaprShop.Order.Refunding;

namespace DaprShop.Order.Saga;

internal static class OrderSaga
{
    public static void RegisterOrderSaga(this WorkflowRuntimeOptions options)
    {
        options.RegisterWorkflow<OrderWorkflow>();
        options.RegisterActivity<TakeHold>();
        options.RegisterActivity<RequestCharge>();
        options.RegisterActivity<PollPayment>();
        options.RegisterActivity<ClosePayment>();
        options.RegisterActivity<ConfirmOrder>();
        options.RegisterActivity<RefundOrder>();
        options.RegisterActivity<CancelOrder>();
        options.RegisterWorkflow<RefundWorkflow>();
        options.RegisterActivity<CheckRefund>();
        options.RegisterActivity<ReturnUnits>();
        options.RegisterActivity<EndRefund>();
    }
}
