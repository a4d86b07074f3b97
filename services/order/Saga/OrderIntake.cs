using System.Diagnostics;
using Dapr.Workflow;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order.Saga;

/// <summary>
/// What follows from an accepted order: the record under its own key, the saga, the customer's list. Idempotent as a whole, so the
/// relay and the backstop may both do it.
/// </summary>
internal sealed partial class OrderIntake(
    OrderStore orders,
    OrderRecords records,
    IDaprWorkflowClient workflows,
    UserOrders userOrders,
    InventoryClient inventory,
    OrderTails tails,
    ILogger<OrderIntake> logger)
{
    /// <returns>The record that stands under the order's id: another one when its key was used for two bodies.</returns>
    public async Task<OrderContent> TakeInAsync(OrderContent order, CancellationToken cancellationToken)
    {
        // The relay runs apart from the request: the trace goes on where the order was accepted.
        ActivityContext.TryParse(order.TraceParent, traceState: null, out var accepted);
        using var activity = ShopActivity.Source.StartActivity("take in order", ActivityKind.Consumer, accepted);

        var (record, isNew) = await records.CreateAsync(order, cancellationToken);
        if (record.BodyHash == order.BodyHash)
        {
            await EnsureSagaAsync(order.OrderId, isNew, cancellationToken);
            await userOrders.AddAsync(order, cancellationToken);
        }
        else
        {
            LogTwin(order.OrderId);
            foreach (var line in order.Lines)
            {
                await inventory.ReleaseAsync(order, line, cancellationToken);
            }
        }

        tails.Remove(order.OrderId);
        return record;
    }

    /// <summary>Starts the saga unless the order is finished: Dapr would run a finished instance id again. A new record has no saga yet.</summary>
    private async Task EnsureSagaAsync(string orderId, bool isNew, CancellationToken cancellationToken)
    {
        if (!isNew && await orders.StateAsync(orderId, cancellationToken) is { } state && OrderTable.IsTerminal(state.Status))
        {
            return;
        }

        try
        {
            await workflows.ScheduleNewWorkflowAsync(
                nameof(OrderWorkflow), orderId, orderId, startTime: (DateTimeOffset?)null, cancellationToken);
        }
#pragma warning disable CA1031 // The official client throws its transport's exception for "already exists"; only the instance itself tells.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            var instance = await workflows.GetWorkflowStateAsync(orderId, getInputsAndOutputs: false, cancellationToken);
            if (!instance.Exists)
            {
                throw;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Order {OrderId}: its key was used for another body at the same moment; the later one's stock goes back")]
    private partial void LogTwin(string orderId);
}
