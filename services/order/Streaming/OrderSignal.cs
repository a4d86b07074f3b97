using DaprShop.Order.Orders;

namespace DaprShop.Order.Streaming;

/// <summary>The newest known state of one order, and a task that completes when a newer one is known. It keeps one state, however slow a listener is.</summary>
internal sealed class OrderSignal
{
    private readonly Lock _gate = new();
    private OrderState? _state;
    private TaskCompletionSource _changed = NewChange();

    /// <returns>The state (null: none was ever read), and what completes once it is no longer the newest.</returns>
    public (OrderState? State, Task Changed) Look()
    {
        lock (_gate)
        {
            return (_state, _changed.Task);
        }
    }

    public void Offer(OrderState state)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (state.Version <= (_state?.Version ?? 0))
            {
                return;
            }

            _state = state;
            changed = _changed;
            _changed = NewChange();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
