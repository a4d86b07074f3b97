using System.Diagnostics;
using DaprShop.Contracts.Orders;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Gateway.Orders;

/// <summary>
/// Orders on their way to the order service. A few calls are in flight at once; what arrives while there is no place for another goes with the
/// next, as one. An order that has no company is passed on by its own request, as if there were no batches.
/// </summary>
internal sealed class OrderBatches : IAsyncDisposable
{
    /// <summary>Calls in flight. One would leave the way empty while its answer comes back; more make batches small, and each call costs.</summary>
    internal const int MostInFlight = 2;

    /// <summary>More than the limit of requests in flight lets in, unless an operator raised it beyond reason.</summary>
    private const int MostWaiting = 65_536;

    /// <summary>
    /// Who has waited longer behind calls that nobody answers is turned away when one of them ends: with a call of its own that is not answered
    /// either, it would wait twice as long as any other request.
    /// </summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly OrderBatchClient _client;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _places = new(MostInFlight - 1);
    private readonly NaturalBatches<WaitingOrder> _batches;

    public OrderBatches(OrderBatchClient client, TimeProvider clock)
    {
        (_client, _clock) = (client, clock);
        _batches = new NaturalBatches<WaitingOrder>(
            MostWaiting, PassedOrder.MaxOrders, CommitAsync, waiting => waiting.Fail(new DependencyUnavailableException("gateway (stopping)")));
    }

    /// <summary>Orders that no call has taken yet.</summary>
    internal int Waiting => _batches.Waiting;

    /// <summary>Throws when too many wait, or it has waited too long, or the outcome is unknown.</summary>
    public Task<OrderTurn> JoinAsync(WaitingOrder order)
    {
        order.JoinedAt = _clock.GetTimestamp();
        return _batches.TryAdd(order) ? order.Turn : throw new OverloadedException("orders");
    }

    /// <summary>An order that was passed on by itself is answered: its place is free.</summary>
    public void Leave() => _places.Release();

    public async ValueTask DisposeAsync()
    {
        await _batches.DisposeAsync();
        _places.Dispose();
    }

    /// <summary>Has a place for this batch when it begins, and returns with one for the next: what waits is taken only when it can go at once.</summary>
    private Task CommitAsync(IReadOnlyList<WaitingOrder> batch, CancellationToken cancellationToken)
    {
        var waiting = new List<WaitingOrder>(batch.Count);
        foreach (var order in batch)
        {
            if (order.TryDrop())
            {
                continue;
            }

            if (_clock.GetElapsedTime(order.JoinedAt) > LongestWait)
            {
                order.Fail(new OverloadedException("orders"));
            }
            else
            {
                waiting.Add(order);
            }
        }

        if (waiting.Count == 0)
        {
            return Task.CompletedTask;
        }

        if (waiting.Count == 1)
        {
            waiting[0].GoAlone(holdsPlace: true);
        }
        else
        {
            // Not waited for: every failure in it is told to the requests it concerns.
            _ = PassAsync(waiting, cancellationToken);
        }

        return _places.WaitAsync(cancellationToken);
    }

    private async Task PassAsync(List<WaitingOrder> batch, CancellationToken cancellationToken)
    {
        try
        {
            using var activity = ShopActivity.Source.StartActivity(
                "pass orders", ActivityKind.Internal, parentContext: default, links: batch.Select(order => new ActivityLink(order.Trace)));
            if (await _client.PassAsync([.. batch.Select(waiting => waiting.Order)], cancellationToken) is { } answers)
            {
                for (var index = 0; index < batch.Count; index++)
                {
                    batch[index].Answer(answers[index]);
                }
            }
            else
            {
                batch.ForEach(order => order.GoAlone(holdsPlace: false));
            }
        }
#pragma warning disable CA1031 // Whatever fails here, these orders are unknown and nobody else would tell their callers.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            batch.ForEach(order => order.Fail(new DependencyUnavailableException("The outcome of a batch of orders is unknown.", failure)));
        }
        finally
        {
            _places.Release();
        }
    }
}
