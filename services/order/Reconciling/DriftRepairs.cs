using DaprShop.Contracts.Inventory;
using DaprShop.Contracts.Payments;
using DaprShop.Order.Clients;
using DaprShop.Order.Orders;
using DaprShop.Order.Reading;
using DaprShop.Order.Refunding;
using DaprShop.Order.Saga;

namespace DaprShop.Order.Reconciling;

/// <summary>
/// Gives the command that makes a drift right. Each is one that the sagas give too and is idempotent where it takes effect, so two runs at once,
/// or a run and a saga, move money and units once.
/// </summary>
internal sealed partial class DriftRepairs(
    OrderStore orders,
    InventoryClient inventory,
    PaymentClient payments,
    IRefundStarter refunds,
    OrderIntake intake,
    SagaWaker sagas,
    UserOrders userOrders,
    ILogger<DriftRepairs> logger)
{
    /// <returns>True: the command took effect; whether the drift is gone the next run tells.</returns>
    public async Task<bool> RepairAsync(Drift drift, CancellationToken cancellationToken)
    {
        if (drift is { Repair: DriftRepair.None } or { OrderId: null })
        {
            return false;
        }

        try
        {
            return await orders.FindAsync(drift.OrderId, cancellationToken) is { } found
                && await RepairAsync(drift, found.Order, cancellationToken);
        }
#pragma warning disable CA1031 // A drift that cannot be repaired now stays in the report, and the next run tries again.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotRepaired(failure, drift.Kind, drift.OrderId);
            return false;
        }
    }

    private async Task<bool> RepairAsync(Drift drift, OrderContent order, CancellationToken cancellationToken)
    {
        switch (drift.Repair)
        {
            case DriftRepair.WakeSaga:
                // A saga that was never started is started; the wake-up is for one that waits.
                await intake.TakeInAsync(order, cancellationToken);
                await sagas.WakeAsync(order.OrderId, cancellationToken);
                return true;
            case DriftRepair.SettlePayment:
                return (await payments.SettleAsync(order, cancellationToken)).Status == PaymentStatus.Refunded;
            case DriftRepair.RefundPayment:
                return (await payments.RefundAsync(order, cancellationToken)).Status == PaymentStatus.Refunded;
            case DriftRepair.StartRefund:
                return await refunds.EnsureAsync(order.OrderId, cancellationToken);
            case DriftRepair.ConfirmUnits:
                return (await inventory.ConfirmAsync(order, Line(order, drift), cancellationToken)).Done;
            case DriftRepair.ReturnUnits:
                return (await inventory.ReturnAsync(order, Line(order, drift), cancellationToken)).Done;
            case DriftRepair.ListOrder:
                await userOrders.AddAsync(order, cancellationToken);
                return true;
            default:
                return false;
        }
    }

    private static OrderLine Line(OrderContent order, Drift drift) =>
        order.Lines.First(line => line.Sku == drift.Sku && line.ReservationId == drift.ReservationId);

    [LoggerMessage(LogLevel.Warning, "The drift {Kind} of order {OrderId} could not be repaired; the next run tries again")]
    private partial void LogNotRepaired(Exception failure, string kind, string orderId);
}
