using System.Globalization;
using DaprShop.Contracts.Api;

namespace DaprShop.Order.DeadLetters;

internal enum DeadLetterStatus
{
    Open,
    Replayed,
    Discarded,
}

/// <summary><c>dlq/letter/{id}</c> (commit rule R2): a message that its consumer did not take, and what was done about it.</summary>
/// <param name="Id">Derived from subscription, event id and bytes: the broker's second copy is the same letter.</param>
/// <param name="Payload">What came.</param>
/// <param name="Hold">A replay that is under way, or whose outcome nobody knows.</param>
/// <param name="Taken">What the consumer took.</param>
internal sealed record DeadLetter(
    string Id,
    string Subscription,
    string? EventId,
    string? EventType,
    string? TraceId,
    DateTimeOffset ReceivedAt,
    string? Reason,
    int? Attempts,
    PayloadRef Payload,
    DeadLetterStatus Status,
    ReplayHold? Hold,
    PayloadRef? Taken,
    IReadOnlyList<DeadLetterAction> Audit);

/// <summary>Bytes in documents of their own, so that the letter stays small: <c>dlq/letter/{id}/payload/{hash}/{n}</c> (commit rule R1).</summary>
internal sealed record PayloadRef(string Hash, int Length);

internal sealed record PayloadPiece(string Base64);

/// <param name="Payload">Hash of what is sent: another replay may send the same meanwhile, and nothing else.</param>
internal sealed record ReplayHold(string Payload, DateTimeOffset Until);

/// <summary><c>dlq/{subscription}</c> (commit rule R2): the days that have letters, such as <c>2026-01-31</c>, in their order.</summary>
internal sealed record DeadLetterDays(IReadOnlyList<string> Days);

/// <summary><c>dlq/{subscription}/{day}</c> (commit rule R2): the newest letters of the day, and how many full pages came before them.</summary>
internal sealed record DeadLetterDay(int Pages, IReadOnlyList<DeadLetterEntry> Entries);

/// <summary><c>dlq/{subscription}/{day}/{n}</c> (commit rule R1): a full page.</summary>
internal sealed record DeadLetterPage(IReadOnlyList<DeadLetterEntry> Entries);

internal sealed record DeadLetterEntry(string Id, DateTimeOffset ReceivedAt);

internal static class DeadLetterKeys
{
    public static string Letter(string id) => $"dlq/letter/{id}";

    public static string Payload(string id, string hash, int piece) =>
        string.Create(CultureInfo.InvariantCulture, $"dlq/letter/{id}/payload/{hash}/{piece}");

    public static string Days(string subscription) => $"dlq/{subscription}";

    public static string Day(string subscription, string day) => $"dlq/{subscription}/{day}";

    public static string Page(string subscription, string day, int page) =>
        string.Create(CultureInfo.InvariantCulture, $"dlq/{subscription}/{day}/{page}");

    public static string DayOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
