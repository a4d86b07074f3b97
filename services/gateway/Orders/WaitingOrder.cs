using System.Diagnostics;
using DaprShop.Contracts.Orders;

namespace DaprShop.Gateway.Orders;

/// <summary>A request for an order that waits for its turn to be passed on.</summary>
/// <param name="trace">Of the request.</param>
/// <param name="gone">Cancelled when its client has gone away.</param>
internal sealed class WaitingOrder(PassedOrder order, ActivityContext trace, CancellationToken gone)
{
    private readonly TaskCompletionSource<OrderTurn> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PassedOrder Order => order;

    public ActivityContext Trace => trace;

    /// <summary>By the clock's timestamp.</summary>
    public long JoinedAt { get; set; }

    /// <summary>Throws when the outcome is unknown, or it has waited too long, or the client has gone away before anything was done.</summary>
    public Task<OrderTurn> Turn => _turn.Task;

    /// <returns>True: nobody waits for it any more, so it need not be passed on.</returns>
    public bool TryDrop() => gone.IsCancellationRequested && _turn.TrySetCanceled(gone);

    public void Answer(OrderAnswer answer) => _turn.TrySetResult(new OrderTurn(answer, HoldsPlace: false));

    /// <param name="holdsPlace">True: its place among the calls in flight is free only when it says so.</param>
    public void GoAlone(bool holdsPlace) => _turn.TrySetResult(new OrderTurn(Answer: null, holdsPlace));

    public void Fail(Exception failure) => _turn.TrySetException(failure);
}

/// <param name="Answer">Null: the request must be passed on by itself.</param>
/// <param name="HoldsPlace">True: <see cref="OrderBatches.Leave"/> must follow.</param>
internal readonly record struct OrderTurn(OrderAnswer? Answer, bool HoldsPlace);
