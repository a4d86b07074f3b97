using System.Collections.Concurrent;
using System.Globalization;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Messaging;

/// <summary><c>failures/{subscription}/{shard}</c> (commit rule R2): messages that failed, the newest last.</summary>
internal sealed record FailureShard(IReadOnlyList<FailureNote> Notes);

internal sealed record FailureNote(string EventId, DeliveryFailure Failure);

/// <summary>
/// Why messages failed and how often. The dead-letter topic has the message alone; what its consumer knew stands here, in the consumer's own
/// store, so that it outlives the consumer. It is for people: nothing is decided by it, and a note that cannot be written changes no outcome.
/// </summary>
public sealed partial class FailureNotes(DocumentStore documents, TimeProvider clock, ILogger<FailureNotes> logger)
{
    private const int Shards = 16;
    private const int MostNotes = 100;
    private const int LongestReason = 500;
    private const int MostRemembered = 10_000;

    /// <summary>A store that is down is often why the message failed; it shall not hold up the answer too.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What this process has noted, so that a message which goes well costs no look. Whatever another process noted, or this one in an earlier
    /// life, leaves its shard by age.
    /// </summary>
    private readonly ConcurrentDictionary<(string Subscription, string EventId), byte> _noted = new();

    /// <summary>Notes one more failure of each.</summary>
    /// <param name="failed">Event ids with their reasons.</param>
    public Task NoteAsync(Subscription subscription, IReadOnlyList<(string EventId, string Reason)> failed, CancellationToken cancellationToken)
    {
        if (_noted.Count > MostRemembered)
        {
            _noted.Clear();
        }

        foreach (var (id, _) in failed)
        {
            _noted[(subscription.Name, id)] = 0;
        }

        var now = clock.GetUtcNow();
        return ChangeAsync(subscription, failed, one => one.EventId, (shard, ones) => Noted(shard, ones, now), cancellationToken);
    }

    /// <summary>Forgets those that were handled after all.</summary>
    public Task ForgetAsync(Subscription subscription, IReadOnlyList<string> handled, CancellationToken cancellationToken)
    {
        if (_noted.IsEmpty)
        {
            return Task.CompletedTask;
        }

        var known = handled.Where(id => _noted.TryRemove((subscription.Name, id), out _)).ToList();
        return ChangeAsync(subscription, known, id => id, Without, cancellationToken);
    }

    /// <returns>Null: there is no note.</returns>
    public async Task<DeliveryFailure?> FindAsync(string subscription, string eventId, CancellationToken cancellationToken)
    {
        var shard = await documents.ReadAsync<FailureShard>(Key(subscription, ShardOf(eventId)), cancellationToken);
        return shard?.Notes.FirstOrDefault(note => note.EventId == eventId)?.Failure;
    }

    private Task ChangeAsync<T>(
        Subscription subscription,
        IReadOnlyList<T> items,
        Func<T, string> eventId,
        Func<FailureShard?, IReadOnlyList<T>, FailureShard?> change,
        CancellationToken cancellationToken) =>
        items.Count == 0
            ? Task.CompletedTask
            : Task.WhenAll(items.GroupBy(item => ShardOf(eventId(item))).Select(
                shard => ChangeAsync(Key(subscription.Name, shard.Key), found => change(found, [.. shard]), cancellationToken)));

    private async Task ChangeAsync(string key, Func<FailureShard?, FailureShard?> change, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await documents.ChangeAsync<FailureShard, bool>(
                key, found => change(found) is { } next ? Change.To(next, true) : Change.None<FailureShard, bool>(false), either.Token);
        }
#pragma warning disable CA1031 // Whatever it was, the message's own outcome stands.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotNoted(key, failure);
        }
    }

    private static FailureShard Noted(FailureShard? found, IReadOnlyList<(string EventId, string Reason)> failed, DateTimeOffset now)
    {
        var notes = (found?.Notes ?? []).ToList();
        foreach (var (id, reason) in failed)
        {
            var attempts = notes.Find(note => note.EventId == id)?.Failure.Attempts ?? 0;
            notes.RemoveAll(note => note.EventId == id);
            notes.Add(new FailureNote(id, new DeliveryFailure(attempts + 1, Shortened(reason), now)));
        }

        return new FailureShard([.. notes.TakeLast(MostNotes)]);
    }

    private static FailureShard? Without(FailureShard? found, IReadOnlyList<string> handled) =>
        found?.Notes.Any(note => handled.Contains(note.EventId)) == true
            ? new FailureShard([.. found.Notes.Where(note => !handled.Contains(note.EventId))])
            : null;

    private static string Shortened(string reason) => reason.Length <= LongestReason ? reason : reason[..LongestReason] + "...";

    /// <summary>The first digit of a derived id is as good as random, and the same everywhere.</summary>
    private static int ShardOf(string eventId) => Convert.ToInt32(DerivedIds.Of("failure", eventId)[..1], Shards);

    private static string Key(string subscription, int shard) =>
        string.Create(CultureInfo.InvariantCulture, $"failures/{subscription}/{shard}");

    [LoggerMessage(LogLevel.Warning, "Why messages failed could not be noted under {Key}")]
    private partial void LogNotNoted(string key, Exception failure);
}
