using Dapr.Actors.Runtime;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Carts;

/// <summary>
/// Keeps the cart under the state name <c>cart</c>. While anything is in it, the reminder <c>abandoned</c> is set: once, not with every
/// change, so it looks how long ago the last one was and comes back when that is not long enough.
/// </summary>
[Actor(TypeName = TypeName)]
internal sealed partial class CartActor(ActorHost host, TimeProvider clock, IOptions<CartRetention> retention)
    : Actor(host), ICartActor, IRemindable
{
    public const string TypeName = "Cart";

    private const string State = "cart";
    private const string Reminder = "abandoned";

    // A negative period: it fires once.
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(-1);

    public async Task<Cart> GetAsync() =>
        await StateManager.TryGetStateAsync<Cart>(State) is { HasValue: true } found ? found.Value : Cart.Empty;

    public async Task<CartChange> SetAsync(string sku, int quantity)
    {
        var change = CartDecisions.Set(await GetAsync(), sku, quantity, clock.GetUtcNow());
        return change with { Cart = await KeepAsync(change.Cart) };
    }

    public async Task<Cart> RemoveAsync(string sku) => await KeepAsync(CartDecisions.Remove(await GetAsync(), sku, clock.GetUtcNow()));

    public async Task<BegunCheckout> BeginCheckoutAsync(string orderId)
    {
        var (cart, begun) = CartDecisions.Begin(await GetAsync(), orderId);
        await KeepAsync(cart);
        return begun;
    }

    public async Task<Cart> SettleCheckoutAsync(CartCheckout checkout) =>
        await KeepAsync(CartDecisions.Settle(await GetAsync(), checkout, clock.GetUtcNow()));

    public async Task DropCheckoutAsync(string orderId) => await KeepAsync(CartDecisions.Drop(await GetAsync(), orderId));

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        var cart = await GetAsync();
        switch (CartDecisions.UntilAbandoned(cart, retention.Value.AbandonedAfter, clock.GetUtcNow()))
        {
            case null:
                await SaveAsync(cart with { HasReminder = false });
                break;
            case { Ticks: 0 }:
                LogAbandoned(Logger, Id.GetId(), cart.Lines.Count);
                await StateManager.TryRemoveStateAsync(State);
                break;
            case { } rest:
                await RegisterReminderAsync(Reminder, [], rest, Once);
                break;
        }
    }

    private async Task<Cart> KeepAsync(Cart cart)
    {
        if (cart.Lines.Count > 0 && !cart.HasReminder)
        {
            // Before the state is stored: a reminder for a cart that was not does no harm, the reverse would never be looked at.
            await RegisterReminderAsync(Reminder, [], retention.Value.AbandonedAfter, Once);
            cart = cart with { HasReminder = true };
        }

        await SaveAsync(cart);
        return cart;
    }

    private async Task SaveAsync(Cart cart)
    {
        if (cart != await GetAsync())
        {
            await StateManager.SetStateAsync(State, cart);
        }
    }

    [LoggerMessage(LogLevel.Information, "Cart {CartId} with {Lines} lines was abandoned and is emptied")]
    private static partial void LogAbandoned(ILogger logger, string cartId, int lines);
}
