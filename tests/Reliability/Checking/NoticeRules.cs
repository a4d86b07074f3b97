namespace DaprShop.Reliability.Checking;

/// <summary>I7 to I9 by what became of the events: inboxes and lists have each thing once.</summary>
internal static class NoticeRules
{
    public static IEnumerable<Finding> Judge(World world, Orders orders) => [.. Notes(world, orders), .. Lists(world, orders)];

    private static IEnumerable<Finding> Notes(World world, Orders orders)
    {
        var expected = Expected(world, orders).ToHashSet();
        var found = world.Notes.GroupBy(note => (note.User, note.OrderId, note.Kind)).ToDictionary(same => same.Key, same => same.Count());
        foreach (var (user, orderId, kind) in expected.Where(note => !found.ContainsKey(note)))
        {
            yield return new Finding(Findings.NoteMissing, orderId, $"{user} was not told {kind}");
        }

        foreach (var ((user, orderId, kind), count) in found)
        {
            if (count > 1)
            {
                yield return new Finding(Findings.NoteTwice, orderId, $"{user} was told {kind} {count} times", count - 1);
            }

            if (!expected.Contains((user, orderId, kind)))
            {
                yield return new Finding(Findings.NoteWrong, orderId, $"{user} was told {kind}; it is {orders.StatusOf(orderId)}");
            }
        }
    }

    private static IEnumerable<(string User, string OrderId, string Kind)> Expected(World world, Orders orders)
    {
        var refunded = world.Ledger.Where(line => line.Kind == "refund").Select(line => line.OrderId).ToHashSet(StringComparer.Ordinal);
        foreach (var order in orders.Accepted.Values)
        {
            var status = orders.StatusOf(order.OrderId);
            if (status is OrderLife.Confirmed or OrderLife.Refunded)
            {
                yield return (order.User, order.OrderId, "order-confirmed");
            }

            if (status == OrderLife.Refunded)
            {
                yield return (order.User, order.OrderId, "order-refunded");
            }

            if (status == OrderLife.Cancelled)
            {
                yield return (order.User, order.OrderId, "order-cancelled");
            }

            if (refunded.Contains(order.OrderId))
            {
                yield return (order.User, order.OrderId, "payment-refunded");
            }
        }
    }

    private static IEnumerable<Finding> Lists(World world, Orders orders)
    {
        var found = world.Listed.GroupBy(entry => (entry.User, entry.OrderId)).ToDictionary(same => same.Key, same => same.Count());
        foreach (var order in orders.Accepted.Values.Where(order => !found.ContainsKey((order.User, order.OrderId))))
        {
            yield return new Finding(Findings.ListMissing, order.OrderId, $"the list of {order.User} does not have it");
        }

        foreach (var ((user, orderId), count) in found)
        {
            if (count > 1)
            {
                yield return new Finding(Findings.ListTwice, orderId, $"the list of {user} has it {count} times", count - 1);
            }

            if (orders.Accepted.GetValueOrDefault(orderId)?.User != user)
            {
                yield return new Finding(Findings.ListOfNobody, orderId, $"the list of {user} has it, and it is not an order of theirs");
            }
        }
    }
}
