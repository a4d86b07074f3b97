using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Notification.Inbox;

/// <summary>Inboxes: the head under <c>inbox/{user}</c>, full pages under <c>inbox/{user}/{page}</c>.</summary>
internal sealed class InboxStore(DocumentStore documents)
{
    private enum Added
    {
        Yes,
        Known,
        Full,
        MaybeOnPage,
    }

    /// <summary>Adds the entries whose ids are not there yet: a redelivered event has no second effect.</summary>
    /// <returns>The ids of those that were not there.</returns>
    public async Task<IReadOnlySet<string>> AddAsync(
        string userId, IReadOnlyList<NotificationView> entries, CancellationToken cancellationToken)
    {
        if (await AddAtOnceAsync(userId, entries, cancellationToken) is { } added)
        {
            return added;
        }

        var each = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (await AddAsync(userId, entry, cancellationToken))
            {
                each.Add(entry.Id);
            }
        }

        return each;
    }

    public async Task<InboxHead> HeadAsync(string userId, CancellationToken cancellationToken) =>
        await documents.ReadAsync<InboxHead>(Key(userId), cancellationToken) ?? InboxHead.Empty;

    /// <summary>Entries with numbers below <paramref name="before"/>, newest first, at most <paramref name="limit"/>.</summary>
    /// <returns>The entries, and the number of the last one.</returns>
    public async Task<(IReadOnlyList<NotificationView> Entries, int Last)> ReadAsync(
        string userId, InboxHead head, int before, int limit, CancellationToken cancellationToken)
    {
        var entries = new List<NotificationView>(limit);
        InboxPage? page = null;
        var pageNumber = -1;
        var number = Math.Min(before, head.Count);
        while (number > 0 && entries.Count < limit)
        {
            number--;
            if (number >= head.First)
            {
                entries.Add(head.Entries[number - head.First]);
                continue;
            }

            if (number / InboxHead.PageSize != pageNumber)
            {
                pageNumber = number / InboxHead.PageSize;
                page = await documents.ReadOnceAsync<InboxPage>(Key(userId, pageNumber), cancellationToken);
            }

            if (page is not null)
            {
                entries.Add(page.Entries[number % InboxHead.PageSize]);
            }
        }

        return (entries, number);
    }

    /// <summary>The usual case: one swap of the head, which has room and leaves no doubt.</summary>
    /// <returns>Null: nothing was added; page by page and one by one is the way.</returns>
    private Task<IReadOnlySet<string>?> AddAtOnceAsync(string userId, IReadOnlyList<NotificationView> entries, CancellationToken cancellationToken) =>
        documents.ChangeAsync<InboxHead, IReadOnlySet<string>?>(
            Key(userId),
            found =>
            {
                var head = found ?? InboxHead.Empty;
                var added = new HashSet<string>(StringComparer.Ordinal);
                foreach (var entry in entries)
                {
                    switch (Append(head, entry, looked: false))
                    {
                        case { Next: { } next }:
                            head = next;
                            added.Add(entry.Id);
                            break;
                        case { Result: not Added.Known }:
                            return Change.None<InboxHead, IReadOnlySet<string>?>(null);
                    }
                }

                return added.Count == 0
                    ? Change.None<InboxHead, IReadOnlySet<string>?>(added)
                    : Change.To<InboxHead, IReadOnlySet<string>?>(head, added);
            },
            cancellationToken);

    /// <returns>False when it was there.</returns>
    private async Task<bool> AddAsync(string userId, NotificationView entry, CancellationToken cancellationToken)
    {
        var looked = false;
        while (true)
        {
            switch (await documents.ChangeAsync<InboxHead, Added>(Key(userId), head => Append(head ?? InboxHead.Empty, entry, looked), cancellationToken))
            {
                case Added.Yes:
                    return true;
                case Added.Known:
                    return false;
                case Added.MaybeOnPage when await IsOnPageAsync(userId, entry, cancellationToken):
                    return false;
                case Added.MaybeOnPage:
                    looked = true;
                    break;
                default:
                    await SpillAsync(userId, cancellationToken);
                    break;
            }
        }
    }

    private static Change<InboxHead, Added> Append(InboxHead head, NotificationView entry, bool looked)
    {
        if (head.Has(entry.Id))
        {
            return Change.None<InboxHead, Added>(Added.Known);
        }

        if (!looked && head.MayHaveSpilled(entry))
        {
            return Change.None<InboxHead, Added>(Added.MaybeOnPage);
        }

        return head.IsFull
            ? Change.None<InboxHead, Added>(Added.Full)
            : Change.To(head with { Entries = [.. head.Entries, entry] }, Added.Yes);
    }

    // The page first, then the head forgets it (R3). Whoever races writes the same page, and only one swap drops it.
    private async Task SpillAsync(string userId, CancellationToken cancellationToken)
    {
        var full = await HeadAsync(userId, cancellationToken);
        if (!full.IsFull)
        {
            return;
        }

        await documents.WriteOnceAsync(Key(userId, full.Pages), full.OldestPage(), cancellationToken);
        await documents.ChangeAsync<InboxHead, bool>(
            Key(userId),
            head => head is { IsFull: true } && head.Pages == full.Pages
                ? Change.To(head.WithoutOldestPage(), true)
                : Change.None<InboxHead, bool>(false),
            cancellationToken);
    }

    private async Task<bool> IsOnPageAsync(string userId, NotificationView entry, CancellationToken cancellationToken)
    {
        var head = await HeadAsync(userId, cancellationToken);
        for (var page = head.Pages - 1; page >= 0; page--)
        {
            var read = await documents.ReadOnceAsync<InboxPage>(Key(userId, page), cancellationToken);
            if (read?.Entries.Any(known => known.Id == entry.Id) is true)
            {
                return true;
            }
        }

        return false;
    }

    private static string Key(string userId) => $"inbox/{userId}";

    private static string Key(string userId, int page) => string.Create(CultureInfo.InvariantCulture, $"inbox/{userId}/{page}");
}
