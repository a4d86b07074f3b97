using DaprShop.Order.Placing;

namespace DaprShop.Order.Carts;

/// <summary>What becomes of a cart, from the cart and what is wanted.</summary>
internal static class CartDecisions
{
    /// <summary>As many lines as an order may have.</summary>
    public const int MaxLines = PlaceOrderRequests.MaxLines;

    private const int MaxCheckouts = 5;

    public static CartChange Set(Cart cart, string sku, int quantity, DateTimeOffset now)
    {
        var known = cart.Lines.FirstOrDefault(line => line.Sku == sku);
        if (known is null && cart.Lines.Count >= MaxLines)
        {
            return new CartChange(cart, IsFull: true);
        }

        var line = new CartLine(sku, quantity, cart.Version + 1);
        return known?.Quantity == quantity
            ? new CartChange(cart, IsFull: false)
            : new CartChange(
                Changed(cart, known is null ? [.. cart.Lines, line] : [.. cart.Lines.Select(each => each == known ? line : each)], now), IsFull: false);
    }

    public static Cart Remove(Cart cart, string sku, DateTimeOffset now) =>
        cart.Lines.Any(line => line.Sku == sku) ? Changed(cart, [.. cart.Lines.Where(line => line.Sku != sku)], now) : cart;

    /// <summary>The lines an order is made of are decided once, by the first request that names it.</summary>
    public static (Cart Cart, BegunCheckout Begun) Begin(Cart cart, string orderId)
    {
        if (cart.Checkouts.FirstOrDefault(checkout => checkout.OrderId == orderId) is { } known)
        {
            return (cart, new BegunCheckout(known, IsNew: false));
        }

        if (cart.Lines.Count == 0)
        {
            return (cart, new BegunCheckout(null, IsNew: false));
        }

        var begun = new CartCheckout(orderId, cart.Lines, cart.Version, IsSettled: false);
        return (cart with { Checkouts = [.. Newest(cart.Checkouts), begun] }, new BegunCheckout(begun, IsNew: true));
    }

    /// <summary>Takes out what was ordered. A line that was set anew since then stays: the customer wants it again.</summary>
    public static Cart Settle(Cart cart, CartCheckout checkout, DateTimeOffset now)
    {
        var settled = cart with
        {
            Checkouts = [.. cart.Checkouts.Select(each => each.OrderId == checkout.OrderId ? each with { IsSettled = true } : each)],
        };
        List<CartLine> left = [.. cart.Lines.Where(line => !checkout.Lines.Any(ordered => ordered.Sku == line.Sku && ordered.SetAt == line.SetAt))];
        return left.Count == cart.Lines.Count ? settled : Changed(settled, left, now);
    }

    /// <summary>There will be no order of these lines under this id unless it is asked for again.</summary>
    public static Cart Drop(Cart cart, string orderId) =>
        cart with { Checkouts = [.. cart.Checkouts.Where(checkout => checkout.OrderId != orderId || checkout.IsSettled)] };

    /// <summary>How long until the cart counts as abandoned; zero: it does, null: there is nothing to abandon.</summary>
    public static TimeSpan? UntilAbandoned(Cart cart, TimeSpan limit, DateTimeOffset now) =>
        cart.Lines.Count == 0 || cart.ChangedAt is not { } changed ? null
        : changed + limit > now ? changed + limit - now
        : TimeSpan.Zero;

    private static Cart Changed(Cart cart, IReadOnlyList<CartLine> lines, DateTimeOffset now) =>
        cart with { Version = cart.Version + 1, Lines = lines, ChangedAt = now };

    // One that is not settled may still become an order that has to be taken out: it goes last.
    private static IEnumerable<CartCheckout> Newest(IReadOnlyList<CartCheckout> checkouts) =>
        checkouts.Count < MaxCheckouts ? checkouts : checkouts.Except([checkouts.FirstOrDefault(checkout => checkout.IsSettled) ?? checkouts[0]]);
}
