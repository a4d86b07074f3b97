using System.Collections.Concurrent;
using DaprShop.Provider.Ledger;

namespace DaprShop.Provider.Webhooks;

/// <summary>When which webhook is tried again. Only the wait is remembered here; what is owed stands in the book.</summary>
internal sealed class DeliveryTimes
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Failure> _failures = new();

    public DateTimeOffset Next(WebhookQueued webhook) =>
        _failures.TryGetValue(webhook.DeliveryId, out var failure) ? failure.Next : webhook.At;

    public void Failed(WebhookQueued webhook, DateTimeOffset now) => _failures.AddOrUpdate(
        webhook.DeliveryId,
        _ => new Failure(1, now + Wait(1)),
        (_, before) => new Failure(before.Attempts + 1, now + Wait(before.Attempts + 1)));

    public void Forget(WebhookQueued webhook) => _failures.TryRemove(webhook.DeliveryId, out _);

    /// <summary>0.2 s, doubled each time, 30 s at most.</summary>
    internal static TimeSpan Wait(int attempts) =>
        attempts > 8 ? Longest : TimeSpan.FromTicks(Math.Min(First.Ticks << (attempts - 1), Longest.Ticks));

    private sealed record Failure(int Attempts, DateTimeOffset Next);
}
