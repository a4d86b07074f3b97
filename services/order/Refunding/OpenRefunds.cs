using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Refunding;

/// <summary><c>order/refunds/{shard}</c> (commit rule R2): refunds that may have been decided and are not known to be done.</summary>
internal sealed record OpenRefundShard(IReadOnlyList<OpenRefund> Refunds);

internal sealed record OpenRefund(string OrderId, DateTimeOffset At);

/// <summary>
/// The finder of refunds (commit rule R6). An order is in it before its refund is decided and until it is done, so that no crash in
/// between leaves a decision that nobody acts on.
/// </summary>
internal sealed class OpenRefunds(DocumentStore documents, TimeProvider clock)
{
    private const int Shards = 16;

    public Task AddAsync(string orderId, CancellationToken cancellationToken) =>
        documents.ChangeAsync<OpenRefundShard, bool>(
            Key(orderId),
            found => found?.Refunds.Any(refund => refund.OrderId == orderId) == true
                ? Change.None<OpenRefundShard, bool>(false)
                : Change.To(new OpenRefundShard([.. found?.Refunds ?? [], new OpenRefund(orderId, clock.GetUtcNow())]), true),
            cancellationToken);

    public Task RemoveAsync(string orderId, CancellationToken cancellationToken) =>
        documents.ChangeAsync<OpenRefundShard, bool>(
            Key(orderId),
            found => found?.Refunds.Any(refund => refund.OrderId == orderId) == true
                ? Change.To(new OpenRefundShard([.. found.Refunds.Where(refund => refund.OrderId != orderId)]), true)
                : Change.None<OpenRefundShard, bool>(false),
            cancellationToken);

    /// <summary>All of them, the oldest first. One that cannot be read now may be left out; the next call has it.</summary>
    public async Task<IReadOnlyList<OpenRefund>> ListAsync(CancellationToken cancellationToken)
    {
        var shards = await documents.ReadManyAsync<OpenRefundShard>([.. Enumerable.Range(0, Shards).Select(OrderKeys.OpenRefunds)], cancellationToken);
        return [.. shards.Values.SelectMany(shard => shard.Refunds).OrderBy(refund => refund.At)];
    }

    /// <summary>The first digit of a derived id is as good as random, and the same everywhere.</summary>
    private static string Key(string orderId) => OrderKeys.OpenRefunds(Convert.ToInt32(DerivedIds.Of("open-refund", orderId)[..1], 16));
}
