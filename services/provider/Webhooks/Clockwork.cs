using System.Collections.Concurrent;
using DaprShop.Provider.Charges;
using DaprShop.Provider.Ledger;

namespace DaprShop.Provider.Webhooks;

/// <summary>
/// Does what has become due: captures processing charges and delivers webhooks until somebody accepts them. What is owed stands in the
/// book, so a restart goes on where the last run ended.
/// </summary>
internal sealed class Clockwork(Book book, WebhookSender sender, TimeProvider clock) : BackgroundService
{
    private const int MostAtOnce = 16;
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly DeliveryTimes _times = new();

    // Two turns at once would both set out with the same webhook.
    private readonly SemaphoreSlim _turn = new(1, 1);

    // A merchant that hangs must hold up neither captures nor the other webhooks, so no turn waits for these.
    private readonly ConcurrentDictionary<string, Task> _underWay = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var sleep = await TurnAsync(stoppingToken);
                if (sleep > TimeSpan.Zero)
                {
                    await book.WaitForChangeAsync(sleep, clock, stoppingToken);
                }
            }
        }
        finally
        {
            await DeliveriesEndAsync();
        }
    }

    /// <summary>Captures what is due and sets out to deliver what is due.</summary>
    /// <returns>How long until the next thing is due; a delivery's end counts as a change of the book.</returns>
    internal async Task<TimeSpan> TurnAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await DoWhatIsDueAsync(cancellationToken);
            return await NextAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    internal Task DeliveriesEndAsync() => Task.WhenAll(_underWay.Values);

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    private async Task DoWhatIsDueAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var captures = await book.ReadAsync(state => state.Captures.Where(due => due.Value <= now).Select(due => due.Key).ToArray());
        foreach (var chargeId in captures)
        {
            await book.DecideAsync(state => (0, ChargeDecision.Capture(state, chargeId, now)));
        }

        var due = await book.ReadAsync(state => Waiting(state)
            .Where(webhook => _times.Next(webhook) <= now)
            .OrderBy(webhook => webhook.At)
            .Take(MostAtOnce - _underWay.Count)
            .Select(webhook => (webhook, state.Charges[webhook.ChargeId].Opened))
            .ToArray());
        foreach (var (webhook, charge) in due)
        {
            _underWay[webhook.DeliveryId] = DeliverAsync(webhook, charge, cancellationToken);
        }
    }

    private IEnumerable<WebhookQueued> Waiting(BookState state) =>
        state.Webhooks.Values.Where(webhook => !_underWay.ContainsKey(webhook.DeliveryId));

    private async Task DeliverAsync(WebhookQueued webhook, ChargeOpened charge, CancellationToken cancellationToken)
    {
        // Yielding first lets the caller enter the task among those under way before it can end.
        await Task.Yield();
        try
        {
            // A forger does not insist.
            if (await sender.TrySendAsync(webhook, charge, cancellationToken) || webhook.Forged)
            {
                _times.Forget(webhook);
                await book.DecideAsync<int>(_ => (0, [new WebhookEnded(clock.GetUtcNow(), webhook.DeliveryId)]));
            }
            else
            {
                _times.Failed(webhook, clock.GetUtcNow());
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Still owed; the next run delivers it.
        }
        finally
        {
            _underWay.TryRemove(webhook.DeliveryId, out _);
            book.Nudge();
        }
    }

    private async Task<TimeSpan> NextAsync()
    {
        var due = await book.ReadAsync(state =>
            state.Captures.Values
                .Concat(_underWay.Count < MostAtOnce ? Waiting(state).Select(_times.Next) : [])
                .DefaultIfEmpty(DateTimeOffset.MaxValue)
                .Min());
        var now = clock.GetUtcNow();
        return due <= now ? TimeSpan.Zero : due - now < LongestSleep ? due - now : LongestSleep;
    }
}
