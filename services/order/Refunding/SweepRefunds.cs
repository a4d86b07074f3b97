using DaprShop.Order.Orders;

namespace DaprShop.Order.Refunding;

/// <summary>
/// Starts the workflows that a crash left unstarted: the cron binding <c>order-sweep</c> calls every few seconds, at every replica. It
/// takes no lock, because it mostly reads and what it starts is started once.
/// </summary>
internal sealed partial class SweepRefunds(
    OpenRefunds open, OrderStore orders, IRefundStarter starter, TimeProvider clock, ILogger<SweepRefunds> logger)
{
    /// <summary>The request itself starts the workflow within this.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>No request decides this long after it entered its order: it failed in between, or another key was faster.</summary>
    private static readonly TimeSpan Undecided = TimeSpan.FromHours(1);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/order-sweep", (SweepRefunds sweep, CancellationToken cancellationToken) => sweep.SweepAsync(cancellationToken));

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var refund in await open.ListAsync(cancellationToken))
        {
            var age = clock.GetUtcNow() - refund.At;
            if (age >= Grace)
            {
                await SweepAsync(refund.OrderId, age, cancellationToken);
            }
        }
    }

    private async Task SweepAsync(string orderId, TimeSpan age, CancellationToken cancellationToken)
    {
        try
        {
            var state = await orders.StateAsync(orderId, cancellationToken);
            if (state is { IsRefunding: true })
            {
                await starter.EnsureAsync(orderId, cancellationToken);
            }
            else if (state is { Status: OrderStatus.Refunded } || age >= Undecided)
            {
                await open.RemoveAsync(orderId, cancellationToken);
            }
        }
#pragma warning disable CA1031 // One refund that cannot be looked at must not keep the others.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotSwept(failure, orderId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The refund of order {OrderId} could not be looked at; the next sweep tries again")]
    private partial void LogNotSwept(Exception failure, string orderId);
}
