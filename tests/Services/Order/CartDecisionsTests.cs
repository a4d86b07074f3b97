using DaprShop.Order.Carts;

namespace DaprShop.Tests.Order;

public sealed class CartDecisionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Set_NewAndKnown_ReplacesTheQuantityInItsPlace()
    {
        var cart = With(Cart.Empty, ("A", 1), ("B", 2));

        var changed = CartDecisions.Set(cart, "A", 9, Now.AddSeconds(1)).Cart;

        Assert.Equal([new CartLine("A", 9, 3), new CartLine("B", 2, 2)], changed.Lines);
        Assert.Equal((3, Now.AddSeconds(1)), (changed.Version, changed.ChangedAt));
    }

    [Fact]
    public void Set_SameQuantity_ChangesNothing()
    {
        var cart = With(Cart.Empty, ("A", 1));

        Assert.Same(cart, CartDecisions.Set(cart, "A", 1, Now.AddSeconds(1)).Cart);
    }

    [Fact]
    public void Set_OneLineTooMany_IsFullAndKnownLinesAreNot()
    {
        var cart = With(Cart.Empty, [.. Enumerable.Range(0, CartDecisions.MaxLines).Select(n => ($"S{n}", 1))]);

        var refused = CartDecisions.Set(cart, "MORE", 1, Now);
        var known = CartDecisions.Set(cart, "S7", 2, Now);

        Assert.Equal((true, CartDecisions.MaxLines), (refused.IsFull, refused.Cart.Lines.Count));
        Assert.Equal((false, 2), (known.IsFull, known.Cart.Lines.Single(line => line.Sku == "S7").Quantity));
    }

    [Fact]
    public void Remove_Line_IsGoneAndAnUnknownOneChangesNothing()
    {
        var cart = With(Cart.Empty, ("A", 1), ("B", 2));

        Assert.Equal(["B"], CartDecisions.Remove(cart, "A", Now).Lines.Select(line => line.Sku));
        Assert.Same(cart, CartDecisions.Remove(cart, "C", Now));
    }

    [Fact]
    public void Begin_Twice_MeansTheLinesOfTheFirstTime()
    {
        var (begun, first) = CartDecisions.Begin(With(Cart.Empty, ("A", 1)), "order-1");

        var (_, second) = CartDecisions.Begin(With(begun, ("B", 2)), "order-1");

        Assert.True(first.IsNew);
        Assert.False(second.IsNew);
        Assert.Equal([new CartLine("A", 1, 1)], second.Checkout!.Lines);
    }

    [Fact]
    public void Begin_EmptyCart_IsNoCheckout()
    {
        var (cart, begun) = CartDecisions.Begin(Cart.Empty, "order-1");

        Assert.Null(begun.Checkout);
        Assert.Same(Cart.Empty, cart);
    }

    [Fact]
    public void Settle_AfterChanges_TakesOutWhatWasOrderedOnly()
    {
        var (cart, begun) = CartDecisions.Begin(With(Cart.Empty, ("A", 1), ("B", 2)), "order-1");
        cart = With(cart, ("B", 5), ("C", 1));

        var settled = CartDecisions.Settle(cart, begun.Checkout!, Now);
        var again = CartDecisions.Settle(settled, begun.Checkout!, Now);

        Assert.Equal(["B 5", "C 1"], settled.Lines.Select(line => $"{line.Sku} {line.Quantity}"));
        Assert.True(Assert.Single(settled.Checkouts).IsSettled);
        Assert.Equal((settled.Version, settled.Lines.Count), (again.Version, again.Lines.Count));
    }

    [Fact]
    public void Drop_Checkout_ForgetsItUnlessItIsSettled()
    {
        var (cart, begun) = CartDecisions.Begin(With(Cart.Empty, ("A", 1)), "order-1");
        var settled = CartDecisions.Settle(cart, begun.Checkout!, Now);

        Assert.Empty(CartDecisions.Drop(cart, "order-1").Checkouts);
        Assert.Single(CartDecisions.Drop(cart, "order-2").Checkouts);
        Assert.Single(CartDecisions.Drop(settled, "order-1").Checkouts);
    }

    [Fact]
    public void Begin_Often_ForgetsSettledOnesFirst()
    {
        var (cart, _) = CartDecisions.Begin(With(Cart.Empty, ("A", 1)), "open");
        for (var n = 0; n < 8; n++)
        {
            var (next, begun) = CartDecisions.Begin(cart, $"order-{n}");
            cart = With(CartDecisions.Settle(next, begun.Checkout!, Now), ("A", n + 2));
        }

        Assert.Equal(["open", "order-4", "order-5", "order-6", "order-7"], cart.Checkouts.Select(checkout => checkout.OrderId));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(4, 6)]
    [InlineData(10, 0)]
    [InlineData(99, 0)]
    public void Abandoned_ByTheLastChange_IsSoMuchLater(int passed, int left) => Assert.Equal(
        TimeSpan.FromSeconds(left),
        CartDecisions.UntilAbandoned(With(Cart.Empty, ("A", 1)), TimeSpan.FromSeconds(10), Now.AddSeconds(passed)));

    [Fact]
    public void Abandoned_EmptyCart_IsNothing()
    {
        var emptied = CartDecisions.Remove(With(Cart.Empty, ("A", 1)), "A", Now);

        Assert.Null(CartDecisions.UntilAbandoned(Cart.Empty, TimeSpan.FromSeconds(1), Now));
        Assert.Null(CartDecisions.UntilAbandoned(emptied, TimeSpan.FromSeconds(1), Now.AddDays(1)));
    }

    private static Cart With(Cart cart, params (string Sku, int Quantity)[] lines) =>
        lines.Aggregate(cart, (next, line) => CartDecisions.Set(next, line.Sku, line.Quantity, Now).Cart);
}
