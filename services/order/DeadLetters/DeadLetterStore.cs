using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.DeadLetters;

/// <summary>A place in the list of letters, newest first.</summary>
internal sealed record DeadLetterPosition(DateTimeOffset ReceivedAt, string Id)
{
    public bool IsBefore(DeadLetterEntry entry) =>
        entry.ReceivedAt < ReceivedAt || (entry.ReceivedAt == ReceivedAt && string.CompareOrdinal(entry.Id, Id) < 0);
}

/// <summary>The letters and their index by subscription and day. Nothing is ever deleted.</summary>
internal sealed class DeadLetterStore(DocumentStore documents, BulkReads bulk, TimeProvider clock)
{
    private const int PageSize = 100;
    private const int PieceBytes = 1024 * 1024;

    /// <summary>
    /// Stores a message: its bytes first, then the letter, then the index of the day, then the day. Whatever dies in between, the message was
    /// not acknowledged and comes again, and each step finds what stands.
    /// </summary>
    /// <param name="failure">What its consumer knows of it; null: nothing.</param>
    /// <returns>True: it is here since now.</returns>
    public async Task<bool> AddAsync(Subscription subscription, DeadMessage message, DeliveryFailure? failure, CancellationToken cancellationToken)
    {
        var id = IdOf(subscription, message);
        var payload = await WritePayloadAsync(id, message, cancellationToken);
        var letter = new DeadLetter(
            id, subscription.Name, message.EventId, message.EventType, message.TraceId, clock.GetUtcNow(), failure?.Reason, failure?.Attempts,
            payload, DeadLetterStatus.Open, Hold: null, Taken: null, Audit: []);
        var standing = await documents.CreateAsync(DeadLetterKeys.Letter(id), letter, cancellationToken);

        // The day that the letter itself names, so that a repeat after midnight finds the same index.
        await IndexAsync(standing ?? letter, isRepeat: standing is not null, cancellationToken);
        return standing is null;
    }

    public static string IdOf(Subscription subscription, DeadMessage message) =>
        DerivedIds.Of("dead-letter", subscription.Name, message.EventId ?? "", message.Hash);

    public Task<DeadLetter?> FindAsync(string id, CancellationToken cancellationToken) =>
        documents.ReadAsync<DeadLetter>(DeadLetterKeys.Letter(id), cancellationToken);

    public Task<TResult> ChangeAsync<TResult>(string id, Func<DeadLetter?, Change<DeadLetter, TResult>> decide, CancellationToken cancellationToken) =>
        documents.ChangeAsync(DeadLetterKeys.Letter(id), decide, cancellationToken);

    public async Task<PayloadRef> WritePayloadAsync(string id, DeadMessage message, CancellationToken cancellationToken)
    {
        var payload = new PayloadRef(message.Hash, message.Bytes.Length);
        for (var piece = 0; piece * PieceBytes < payload.Length; piece++)
        {
            var bytes = message.Bytes.Slice(piece * PieceBytes, Math.Min(PieceBytes, payload.Length - (piece * PieceBytes)));
            await documents.WriteOnceAsync(
                DeadLetterKeys.Payload(id, payload.Hash, piece), new PayloadPiece(Convert.ToBase64String(bytes.Span)), cancellationToken);
        }

        return payload;
    }

    public async Task<DeadMessage> ReadPayloadAsync(string id, PayloadRef payload, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>(payload.Length);
        for (var piece = 0; piece * PieceBytes < payload.Length; piece++)
        {
            var read = await documents.ReadOnceAsync<PayloadPiece>(DeadLetterKeys.Payload(id, payload.Hash, piece), cancellationToken)
                ?? throw new DependencyUnavailableException($"part {piece} of dead letter {id}");
            bytes.AddRange(Convert.FromBase64String(read.Base64));
        }

        return DeadMessage.Of(bytes.ToArray());
    }

    /// <summary>Letters after a position (null: the newest), newest first.</summary>
    /// <param name="status">Null: any.</param>
    /// <returns>The position to go on after; null at the end.</returns>
    public async Task<(IReadOnlyList<DeadLetter> Letters, DeadLetterPosition? Next)> ReadAsync(
        IReadOnlyList<Subscription> subscriptions, DeadLetterStatus? status, DeadLetterPosition? after, int limit, CancellationToken cancellationToken)
    {
        var found = new List<DeadLetter>(limit);
        foreach (var day in await DaysAsync(subscriptions, after, cancellationToken))
        {
            var entries = (await EntriesAsync(day, cancellationToken))
                .DistinctBy(entry => entry.Id)
                .Where(entry => after is null || after.IsBefore(entry))
                .OrderByDescending(entry => entry.ReceivedAt)
                .ThenByDescending(entry => entry.Id, StringComparer.Ordinal);
            foreach (var chunk in entries.Chunk(PageSize))
            {
                var letters = await bulk.ReadAsync([.. chunk.Select(entry => DeadLetterKeys.Letter(entry.Id))], cancellationToken);
                foreach (var entry in chunk)
                {
                    if (letters.Find<DeadLetter>(DeadLetterKeys.Letter(entry.Id)) is not { } letter || (status is not null && letter.Status != status))
                    {
                        continue;
                    }

                    if (found.Count == limit)
                    {
                        return (found, new DeadLetterPosition(found[^1].ReceivedAt, found[^1].Id));
                    }

                    found.Add(letter);
                }
            }
        }

        return (found, null);
    }

    private async Task<IEnumerable<IGrouping<string, (string Subscription, string Day)>>> DaysAsync(
        IReadOnlyList<Subscription> subscriptions, DeadLetterPosition? after, CancellationToken cancellationToken)
    {
        var days = new List<(string Subscription, string Day)>();
        foreach (var name in subscriptions.Select(subscription => subscription.Name))
        {
            var read = await documents.ReadAsync<DeadLetterDays>(DeadLetterKeys.Days(name), cancellationToken);
            days.AddRange((read?.Days ?? []).Select(day => (name, day)));
        }

        return days
            .Where(day => after is null || string.CompareOrdinal(day.Day, DeadLetterKeys.DayOf(after.ReceivedAt)) <= 0)
            .GroupBy(day => day.Day, StringComparer.Ordinal)
            .OrderByDescending(day => day.Key, StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<DeadLetterEntry>> EntriesAsync(
        IEnumerable<(string Subscription, string Day)> days, CancellationToken cancellationToken)
    {
        var entries = new List<DeadLetterEntry>();
        foreach (var (subscription, day) in days)
        {
            var head = await documents.ReadAsync<DeadLetterDay>(DeadLetterKeys.Day(subscription, day), cancellationToken);
            for (var page = 0; page < (head?.Pages ?? 0); page++)
            {
                entries.AddRange((await PageAsync(subscription, day, page, cancellationToken)).Entries);
            }

            entries.AddRange(head?.Entries ?? []);
        }

        return entries;
    }

    private async Task IndexAsync(DeadLetter letter, bool isRepeat, CancellationToken cancellationToken)
    {
        var day = DeadLetterKeys.DayOf(letter.ReceivedAt);
        if (!isRepeat || !await IsIndexedAsync(letter, day, cancellationToken))
        {
            while (await AppendAsync(letter, day, cancellationToken) is { } full)
            {
                await SplitAsync(letter.Subscription, day, full, cancellationToken);
            }
        }

        await documents.ChangeAsync<DeadLetterDays, bool>(
            DeadLetterKeys.Days(letter.Subscription),
            found => found?.Days.Contains(day) == true
                ? Change.None<DeadLetterDays, bool>(false)
                : Change.To(new DeadLetterDays([.. (found?.Days ?? []).Append(day).Order(StringComparer.Ordinal)]), true),
            cancellationToken);
    }

    private async Task<bool> IsIndexedAsync(DeadLetter letter, string day, CancellationToken cancellationToken) =>
        (await EntriesAsync([(letter.Subscription, day)], cancellationToken)).Any(entry => entry.Id == letter.Id);

    /// <returns>Null: it is in. Otherwise the head, which must give a page away first.</returns>
    private Task<DeadLetterDay?> AppendAsync(DeadLetter letter, string day, CancellationToken cancellationToken) =>
        documents.ChangeAsync<DeadLetterDay, DeadLetterDay?>(
            DeadLetterKeys.Day(letter.Subscription, day),
            found =>
            {
                var head = found ?? new DeadLetterDay(Pages: 0, Entries: []);
                if (head.Entries.Any(entry => entry.Id == letter.Id))
                {
                    return Change.None<DeadLetterDay, DeadLetterDay?>(null);
                }

                return head.Entries.Count >= 2 * PageSize
                    ? Change.None<DeadLetterDay, DeadLetterDay?>(head)
                    : Change.To<DeadLetterDay, DeadLetterDay?>(
                        head with { Entries = [.. head.Entries, new DeadLetterEntry(letter.Id, letter.ReceivedAt)] }, null);
            },
            cancellationToken);

    /// <summary>The page first, then the head forgets it (R3). Whoever races writes the same page, and only one swap drops it.</summary>
    private async Task SplitAsync(string subscription, string day, DeadLetterDay full, CancellationToken cancellationToken)
    {
        await documents.WriteOnceAsync(
            DeadLetterKeys.Page(subscription, day, full.Pages), new DeadLetterPage([.. full.Entries.Take(PageSize)]), cancellationToken);
        await documents.ChangeAsync<DeadLetterDay, bool>(
            DeadLetterKeys.Day(subscription, day),
            found => found is { Entries.Count: >= 2 * PageSize } && found.Pages == full.Pages
                ? Change.To(new DeadLetterDay(found.Pages + 1, [.. found.Entries.Skip(PageSize)]), true)
                : Change.None<DeadLetterDay, bool>(false),
            cancellationToken);
    }

    private async Task<DeadLetterPage> PageAsync(string subscription, string day, int page, CancellationToken cancellationToken) =>
        await documents.ReadOnceAsync<DeadLetterPage>(DeadLetterKeys.Page(subscription, day, page), cancellationToken)
        ?? throw new DependencyUnavailableException($"page {page} of the dead letters of {subscription} on {day}");
}
