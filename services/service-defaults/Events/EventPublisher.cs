using System.Diagnostics;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>
/// Publishes events at least once, by the batch: what comes while one call is under way goes with the next. Each event has its own outcome, and
/// nobody waits longer for one that fails than for the others.
/// </summary>
public sealed class EventPublisher : IAsyncDisposable
{
    /// <summary>How many events may wait; their callers repeat what is not taken.</summary>
    private const int Capacity = 4096;

    /// <summary>Events in one call: few enough to stay far below the sidecar's largest body.</summary>
    private const int Largest = 100;

    private readonly BulkPublishClient _sidecar;
    private readonly NaturalBatches<WaitingEvent> _batches;

    public EventPublisher(BulkPublishClient sidecar)
    {
        _sidecar = sidecar;
        _batches = new NaturalBatches<WaitingEvent>(
            Capacity, Largest, CommitAsync, waiting => waiting.Fail(new DependencyUnavailableException("pubsub: this service stops")));
    }

    /// <summary>
    /// Returns when the broker has the event. Throws <see cref="DependencyUnavailableException"/> when it has not, or nobody knows: the caller
    /// publishes it again, under the same id.
    /// </summary>
    public async Task PublishAsync(OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var waiting = new WaitingEvent(happened, Activity.Current);
        if (!_batches.TryAdd(waiting))
        {
            throw new DependencyUnavailableException("pubsub: too many events wait, or this service stops");
        }

        await Detached.WaitAsync(waiting.Outcome, cancellationToken);
    }

    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private Task CommitAsync(IReadOnlyList<WaitingEvent> batch, CancellationToken cancellationToken) =>
        Task.WhenAll(batch
            .GroupBy(waiting => waiting.Event.Topic, StringComparer.Ordinal)
            .Select(topic => PublishAsync(topic.Key, [.. topic], cancellationToken)));

    private async Task PublishAsync(string topic, IReadOnlyList<WaitingEvent> entries, CancellationToken cancellationToken)
    {
        try
        {
            var failed = await _sidecar.PublishAsync(topic, entries, cancellationToken);
            for (var number = 0; number < entries.Count; number++)
            {
                if (failed.TryGetValue(number, out var reason))
                {
                    entries[number].Fail(new DependencyUnavailableException($"pubsub: event {entries[number].Event.Id} was not published: {reason}"));
                }
                else
                {
                    entries[number].Done();
                }
            }
        }
#pragma warning disable CA1031 // Whatever it was, each of these events has its caller, which must be told; the others go on.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            foreach (var entry in entries)
            {
                entry.Fail(failure);
            }
        }
    }
}
