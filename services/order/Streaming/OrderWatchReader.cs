using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Streaming;

/// <summary>
/// Reads the watched orders once a second, all of them together: the steps of a saga run on any replica, so another one may have made the
/// change. Nothing is read while nobody watches.
/// </summary>
internal sealed class OrderWatchReader(OrderWatches watches, DocumentStore documents, TimeProvider clock) : BackgroundService
{
    private const int PageSize = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Interval, clock, stoppingToken);
            foreach (var page in watches.OrderIds.Chunk(PageSize))
            {
                await ReadAsync(page, stoppingToken);
            }
        }
    }

    private async Task ReadAsync(string[] orderIds, CancellationToken cancellationToken)
    {
        try
        {
            var states = await documents.ReadManyAsync<OrderState>([.. orderIds.Select(OrderKeys.State)], cancellationToken);
            foreach (var state in states.Values)
            {
                watches.Offer(state);
            }
        }
        catch (DependencyUnavailableException)
        {
            // The next turn reads again; a state holds its whole timeline, so nothing is missed.
            return;
        }
    }
}
