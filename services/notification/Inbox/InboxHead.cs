using DaprShop.Contracts.Api;

namespace DaprShop.Notification.Inbox;

/// <summary>
/// A user's inbox (R2): the newest entries, oldest first, and how many full pages came before them. Entries are numbered in the order they
/// came; page p holds numbers p * <see cref="PageSize"/> on.
/// </summary>
/// <param name="SpilledUpTo">The newest time on any full page: only an event that is not newer can be on one.</param>
internal sealed record InboxHead(int Pages, IReadOnlyList<NotificationView> Entries, DateTimeOffset? SpilledUpTo)
{
    public const int MostEntries = 100;
    public const int PageSize = 50;

    public static InboxHead Empty { get; } = new(0, [], null);

    public int First => Pages * PageSize;

    /// <summary>How many entries there ever were; the number the next one gets.</summary>
    public int Count => First + Entries.Count;

    public bool IsFull => Entries.Count >= MostEntries;

    public bool Has(string id) => Entries.Any(entry => entry.Id == id);

    /// <summary>True when the entry, unknown here, could be on a full page.</summary>
    public bool MayHaveSpilled(NotificationView entry) => SpilledUpTo is { } newest && entry.CreatedAt <= newest;

    /// <summary>What goes to the next page: the same for every writer that sees this many pages, since entries are only appended.</summary>
    public InboxPage OldestPage() => new([.. Entries.Take(PageSize)]);

    /// <summary>The head once that page is written.</summary>
    public InboxHead WithoutOldestPage()
    {
        var newest = Entries.Take(PageSize).Max(entry => entry.CreatedAt);
        return new(Pages + 1, [.. Entries.Skip(PageSize)], SpilledUpTo > newest ? SpilledUpTo : newest);
    }
}

/// <summary>A full page (R1).</summary>
internal sealed record InboxPage(IReadOnlyList<NotificationView> Entries);
