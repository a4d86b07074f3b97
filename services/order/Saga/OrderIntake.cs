using System.Diagnostics;
using Dapr.Workflow;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.ServiceDefaults.State;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order.Saga;

/// <summary>
/// What follows from an accepted order: the record under its own key, the saga, the customer's list. Idempotent as a whole, so the
/// relay and the backstop may both do it.
/// </summary>
internal sealed partial class OrderIntake(
    DocumentStore documents,
    DaprWorkflowClient workflows,
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

        // Created, never overwritten: when one key was used for two bodies at the same moment, the first record is the order.
        var record = await documents.ChangeAsync<OrderContent, OrderContent>(
            OrderKeys.Record(order.OrderId),
            found => found is null ? Change.To(order, order) : Change.None<OrderContent, OrderContent>(found),
            cancellationToken);
        if (record.BodyHash == order.BodyHash)
        {
            await EnsureSagaAsync(order.OrderId, cancellationToken);
            await userOrders.AddAsync(order, cancellationToken);
        }
        else
        {
            LogTwin(order.OrderId);
            foreach (var line in order.Lines)
            {
                await inventory.ReleaseAsync(line, cancellationToken);
            }
        }

        tails.Remove(order.OrderId);
        return record;
    }

    /// <summary>Starts the saga unless the order is finished: Dapr would run a finished instance id again.</summary>
    /// <returns>False: the order is finished.</returns>
    public async Task<bool> EnsureSagaAsync(string orderId, CancellationToken cancellationToken)
    {
        var state = await documents.ReadAsync<OrderState>(OrderKeys.State(orderId), cancellationToken);
        if (state is not null && OrderTable.IsTerminal(state.Status))
        {
            return false;
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

        return true;
    }

    [LoggerMessage(LogLevel.Warning, "Order {OrderId}: its key was used for another body at the same moment; the later one's stock goes back")]
    private partial void LogTwin(string orderId);
}
