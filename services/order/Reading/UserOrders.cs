using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Reading;

/// <summary>The orders of a user in the order they were taken in: a head document with the newest, pages of 100 behind it.</summary>
/// <param name="Pages">How many full pages were split off; page p holds the entries p * 100 up to p * 100 + 99.</param>
internal sealed record UserOrdersHead(int Pages, IReadOnlyList<UserOrder> Entries);

internal sealed record UserOrder(string OrderId, DateTimeOffset CreatedAt);

internal sealed record UserOrdersPage(IReadOnlyList<UserOrder> Entries);

/// <summary>Only ids and times: what an order's state is now is read from the order, so the list is never behind it.</summary>
internal sealed class UserOrders(DocumentStore documents)
{
    public const int PageSize = 100;

    public async Task AddAsync(OrderContent order, CancellationToken cancellationToken)
    {
        for (var isOnNoPage = false; ;)
        {
            var (outcome, head) = await documents.ChangeAsync<UserOrdersHead, (Adding, UserOrdersHead)>(
                OrderKeys.UserHead(order.UserId), found => Add(found, order, isOnNoPage), cancellationToken);
            switch (outcome)
            {
                case Adding.NeedsSplit:
                    await SplitAsync(order.UserId, head, cancellationToken);
                    break;
                case Adding.MayBeOnPage when !await IsOnPageAsync(order, head, cancellationToken):
                    isOnNoPage = true;
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>The entries before position <paramref name="before"/> (null: the newest), newest first, at most one page of them.</summary>
    /// <returns>The position of the last one given, to go on from; null at the end.</returns>
    public async Task<(IReadOnlyList<UserOrder> Entries, int? Next)> ReadAsync(
        string userId, int? before, CancellationToken cancellationToken)
    {
        var head = await documents.ReadAsync<UserOrdersHead>(OrderKeys.UserHead(userId), cancellationToken);
        var total = head is null ? 0 : (head.Pages * PageSize) + head.Entries.Count;
        var end = Math.Min(before ?? total, total);
        if (head is null || end <= 0)
        {
            return ([], null);
        }

        var page = (end - 1) / PageSize;
        var first = page * PageSize;
        var entries = page >= head.Pages
            ? head.Entries.Skip(first - (head.Pages * PageSize)).Take(end - first)
            : (await PageAsync(userId, page, cancellationToken)).Entries.Take(end - first);
        return ([.. entries.Reverse()], first > 0 ? first : null);
    }

    private enum Adding
    {
        Added,
        NeedsSplit,
        MayBeOnPage,
    }

    private static Change<UserOrdersHead, (Adding, UserOrdersHead)> Add(UserOrdersHead? found, OrderContent order, bool isOnNoPage)
    {
        var head = found ?? new UserOrdersHead(Pages: 0, Entries: []);
        if (head.Entries.Any(entry => entry.OrderId == order.OrderId))
        {
            return Unchanged(Adding.Added);
        }

        if (head.Entries.Count >= 2 * PageSize)
        {
            return Unchanged(Adding.NeedsSplit);
        }

        // A restarted relay begins before its watermark: what it adds again may have left the head since.
        if (head.Pages > 0 && !isOnNoPage)
        {
            return Unchanged(Adding.MayBeOnPage);
        }

        var next = head with { Entries = [.. head.Entries, new UserOrder(order.OrderId, order.CreatedAt)] };
        return Change.To(next, (Adding.Added, next));

        Change<UserOrdersHead, (Adding, UserOrdersHead)> Unchanged(Adding outcome) =>
            Change.None<UserOrdersHead, (Adding, UserOrdersHead)>((outcome, head));
    }

    private async Task<UserOrdersPage> PageAsync(string userId, int page, CancellationToken cancellationToken) =>
        await documents.ReadOnceAsync<UserOrdersPage>(OrderKeys.UserPage(userId, page), cancellationToken)
        ?? throw new DependencyUnavailableException($"page {page} of the orders of {userId}");

    /// <summary>Looks from the newest page back, as far as the order's time can lie.</summary>
    private async Task<bool> IsOnPageAsync(OrderContent order, UserOrdersHead head, CancellationToken cancellationToken)
    {
        var isNewest = head.Entries.All(entry => entry.CreatedAt < order.CreatedAt);
        for (var page = head.Pages - 1; page >= 0 && !isNewest; page--)
        {
            var entries = (await PageAsync(order.UserId, page, cancellationToken)).Entries;
            if (entries.Any(entry => entry.OrderId == order.OrderId))
            {
                return true;
            }

            isNewest = entries.All(entry => entry.CreatedAt < order.CreatedAt);
        }

        return false;
    }

    /// <summary>The oldest hundred of a given head are always the same, so the page is written once (R1) before the head forgets them (R3).</summary>
    private async Task SplitAsync(string userId, UserOrdersHead head, CancellationToken cancellationToken)
    {
        await documents.WriteOnceAsync(
            OrderKeys.UserPage(userId, head.Pages), new UserOrdersPage([.. head.Entries.Take(PageSize)]), cancellationToken);
        await documents.ChangeAsync<UserOrdersHead, bool>(
            OrderKeys.UserHead(userId),
            found => found is { Entries.Count: >= 2 * PageSize } && found.Pages == head.Pages
                ? Change.To(new UserOrdersHead(found.Pages + 1, [.. found.Entries.Skip(PageSize)]), true)
                : Change.None<UserOrdersHead, bool>(false),
            cancellationToken);
    }
}
