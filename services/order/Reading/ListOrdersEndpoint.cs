using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Reading;

/// <summary>The caller's orders, newest first; an operator may name any user.</summary>
internal static class ListOrdersEndpoint
{
    private const string CursorKind = "orders";

    public static void MapListOrders(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/orders", HandleAsync);

    internal static async Task<IResult> HandleAsync(
        ShopCaller caller,
        HttpContext context,
        UserOrders userOrders,
        OrderTails tails,
        DocumentStore documents,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var query = context.Request.Query;
        var page = PageRequest.Read(query, CursorKind, cursorParts: 1, errors);
        var before = 0;
        if (page.After is [var position] && !int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            errors.Add("cursor", "is not a cursor of this list: pass nextCursor of the previous page unchanged");
        }

        OrderStatus? status = null;
        if (query.TryGetValue("status", out var wanted))
        {
            // Parsing alone would take numbers, white space and lists of names too.
            var names = Enum.GetNames<OrderStatus>();
            if (errors.Require(names.Contains(wanted.ToString(), StringComparer.Ordinal), "status", $"must be one of {string.Join(", ", names)}"))
            {
                status = Enum.Parse<OrderStatus>(wanted.ToString());
            }
        }

        var userId = caller.UserId;
        if (query.TryGetValue("user", out var user))
        {
            errors.Require(caller.IsOperator, "user", "only an operator may ask for another user's orders");
            userId = user.ToString();
        }

        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        var items = new List<OrderView>(page.Limit);
        int? next = page.After is null ? null : before;
        if (page.After is null)
        {
            // Accepted by this replica a moment ago and not in the list yet: the customer must see them all the same.
            items.AddRange(tails.Of(userId)
                .OrderByDescending(order => order.CreatedAt)
                .Select(order => OrderViews.Of(order, null))
                .Where(view => Matches(view, status))
                .Take(page.Limit));
        }

        do
        {
            var (entries, following) = await userOrders.ReadAsync(userId, next, cancellationToken);
            var views = await ViewsAsync(documents, entries, cancellationToken);
            for (var index = 0; index < entries.Count; index++)
            {
                if (items.Count == page.Limit)
                {
                    var left = (following ?? 0) + entries.Count - index;
                    return TypedResults.Ok(new Page<OrderView>(items, Cursor.Encode(CursorKind, left.ToString(CultureInfo.InvariantCulture))));
                }

                if (views.TryGetValue(entries[index].OrderId, out var view)
                    && Matches(view, status)
                    && !items.Exists(item => item.Id == view.Id))
                {
                    items.Add(view);
                }
            }

            next = following;
        }
        while (next is not null);

        return TypedResults.Ok(new Page<OrderView>(items, NextCursor: null));
    }

    private static bool Matches(OrderView view, OrderStatus? status) => status is null || view.Status == status.ToString();

    private static async Task<IReadOnlyDictionary<string, OrderView>> ViewsAsync(
        DocumentStore documents, IReadOnlyList<UserOrder> entries, CancellationToken cancellationToken)
    {
        var ids = entries.Select(entry => entry.OrderId).Distinct(StringComparer.Ordinal).ToList();
        var records = await documents.ReadManyAsync<OrderContent>([.. ids.Select(OrderKeys.Record)], cancellationToken);
        var states = await documents.ReadManyAsync<OrderState>([.. ids.Select(OrderKeys.State)], cancellationToken);
        return records.Values.ToDictionary(
            order => order.OrderId,
            order => OrderViews.Of(order, states.GetValueOrDefault(OrderKeys.State(order.OrderId))),
            StringComparer.Ordinal);
    }
}
