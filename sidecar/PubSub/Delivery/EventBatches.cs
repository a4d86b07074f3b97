using System.Diagnostics;
using Sidecar.Components.PubSub;
using Sidecar.Metrics;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>
/// Gathers the events of a bulk subscription and sends them together, one request per route (dapr-contract.md 5.6). Each
/// event has its own answer, and the driver's call for it lasts until then: what was not answered when the process dies
/// was not acknowledged. Batches go one after the other, so that the order of the broker is kept.
/// </summary>
internal sealed class EventBatches
{
    private static readonly AppAnswer Unanswered = new(Verdict.Retry, "the batch ended without an answer");

    private readonly Lock _gate = new();
    private readonly Subscription _subscription;
    private readonly BatchLimits _limits;
    private readonly IBatchReceiver _receiver;
    private readonly Pipeline _policy;
    private readonly ActivitySource _traces;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _stopping;
    private List<BatchEntry> _gathering = [];
    private Task _sending = Task.CompletedTask;

    public EventBatches(
        Subscription subscription, IBatchReceiver receiver, Pipeline policy, ActivitySource traces, TimeProvider clock, CancellationToken stopping)
    {
        (_subscription, _receiver, _policy, _traces, _clock, _stopping) = (subscription, receiver, policy, traces, clock, stopping);
        _limits = subscription.Bulk ?? BatchLimits.Of(null, null);
    }

    public PubSubMetrics? Metrics { get; init; }

    /// <summary>Waits for the answer to this event; a failure is why there is none.</summary>
    public Task<(AppAnswer Answer, Exception? Failure)> AddAsync(
        IncomingMessage message, ReceivedEvent received, string path, CancellationToken cancellationToken)
    {
        var entry = new BatchEntry(RandomId.NewUuid(), message, received.Body, path);
        lock (_gate)
        {
            _gathering.Add(entry);
            if (_gathering.Count >= _limits.Count)
            {
                Close(_gathering);
            }
            else if (_gathering.Count == 1)
            {
                _ = CloseLaterAsync(_gathering);
            }
        }

        return WaitAsync(entry, cancellationToken);
    }

    // A driver that gives up an event, for its time is over, must not see it in a batch that is not sent yet.
    private static async Task<(AppAnswer Answer, Exception? Failure)> WaitAsync(BatchEntry entry, CancellationToken cancellationToken)
    {
        await using var givenUp = cancellationToken.UnsafeRegister(static left => ((BatchEntry)left!).Leave(), entry);
        return await entry.Answer;
    }

    private async Task CloseLaterAsync(List<BatchEntry> batch)
    {
        await Task.Delay(_limits.Wait, _clock, _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (ReferenceEquals(batch, _gathering))
            {
                Close(batch);
            }
        }
    }

    private void Close(List<BatchEntry> batch)
    {
        _gathering = [];
        _sending = SendAfterAsync(_sending, batch);
    }

    private async Task SendAfterAsync(Task earlier, List<BatchEntry> batch)
    {
        // Off the thread of the driver, which still adds.
        await Task.Yield();
        await earlier;
        var started = _clock.GetTimestamp();
        await Task.WhenAll(batch.GroupBy(entry => entry.Path).Select(route => SendAsync(route.Key, [.. route])));
        Metrics?.Batch(_subscription.PubSub, _subscription.Topic, _clock.GetElapsedTime(started));
    }

    /// <summary>Ends with the answers, or when the driver has given up every entry: an app that hangs must not hold up later batches.</summary>
    private async Task SendAsync(string path, IReadOnlyList<BatchEntry> entries)
    {
        using var givenUp = new CancellationTokenSource();
        var sending = RunAsync(path, entries, givenUp.Token);
        await Task.WhenAny(sending, Task.WhenAll(entries.Select(entry => entry.Answer)));
        await givenUp.CancelAsync();
        await sending;
    }

    /// <summary>Never throws: the batches behind this one wait for it.</summary>
    private async Task RunAsync(string path, IReadOnlyList<BatchEntry> entries, CancellationToken givenUp)
    {
        try
        {
            _stopping.ThrowIfCancellationRequested();
            var last = await _policy.RunAsync(token => TryOnceAsync(path, entries, token), givenUp, _stopping);
            SettleOpen(entries, entry => entry.Settle(last.GetValueOrDefault(entry.Id, Unanswered)));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            SettleOpen(entries, entry => entry.Leave());
        }
#pragma warning disable CA1031 // Whatever it was, these events were not taken.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            SettleOpen(entries, entry => entry.Settle(new AppAnswer(Verdict.Retry, failure.Message), failure));
        }
    }

    /// <summary>Sends what is still open; of the answers only those that ask for another attempt come back.</summary>
    private async Task<Attempt<Dictionary<string, AppAnswer>>> TryOnceAsync(
        string path, IReadOnlyList<BatchEntry> entries, CancellationToken cancellationToken)
    {
        var open = entries.Where(entry => entry.IsOpen).ToList();
        var again = new Dictionary<string, AppAnswer>(StringComparer.Ordinal);
        if (open.Count == 0)
        {
            return Attempt<Dictionary<string, AppAnswer>>.Success(again);
        }

        using var activity = _traces.StartActivity($"pubsub/{_subscription.Topic}", ActivityKind.Consumer);
        var trace = activity is null ? TraceContext.Empty : TraceContext.Of(activity);
        var answers = await _receiver.SendAsync(open, path, trace, cancellationToken);
        foreach (var (entry, answer) in open.Zip(answers))
        {
            Metrics?.DeliveredInBatch(_subscription.PubSub, _subscription.Topic, answer.Status);
            if (answer.Verdict == Verdict.Retry)
            {
                again[entry.Id] = answer;
            }
            else
            {
                entry.Settle(answer);
            }
        }

        return again.Count == 0
            ? Attempt<Dictionary<string, AppAnswer>>.Success(again)
            : Attempt<Dictionary<string, AppAnswer>>.Failure(again, again.Values.First().Code);
    }

    private static void SettleOpen(IReadOnlyList<BatchEntry> entries, Action<BatchEntry> settle)
    {
        foreach (var entry in entries.Where(entry => entry.IsOpen))
        {
            settle(entry);
        }
    }
}
