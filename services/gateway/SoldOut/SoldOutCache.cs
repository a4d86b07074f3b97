using System.Collections.Concurrent;
using System.Text.Json;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Gateway.SoldOut;

/// <summary>
/// Which stocks are sold out, as of half a second ago at the most. A stock is watched from its first sold-out answer until no buyer has
/// come for a while; while they come, one question at a time keeps it fresh. What is older decides nothing.
/// </summary>
internal sealed partial class SoldOutCache : IDisposable
{
    public const int MostEntries = 1024;

    internal static readonly TimeSpan Life = TimeSpan.FromMilliseconds(500);

    /// <summary>Asked again before it dies, so that a crowd does not get through twice a second.</summary>
    internal static readonly TimeSpan FreshFor = Life / 2;

    private static readonly TimeSpan UnusedFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, SoldOutEntry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _changing = new();
    private readonly SoldOutClient _client;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ITimer _sweep;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;

    private volatile int _count;

    public SoldOutCache(SoldOutClient client, TimeProvider clock, ILogger<SoldOutCache> logger)
    {
        (_client, _clock, _logger, _stopped) = (client, clock, logger, _stopping.Token);
        _sweep = clock.CreateTimer(_ => Sweep(), state: null, SweepEvery, SweepEvery);
    }

    public int Count => _count;

    /// <summary>The stock refused a buyer.</summary>
    public void Watch(string pool)
    {
        if (FindOrAdd(pool) is { } entry)
        {
            entry.Use(_clock.GetTimestamp());
            KeepFresh(entry);
        }
    }

    /// <summary>Units were added: the next refusal of the service starts it anew. A question that is on its way changes nothing any more.</summary>
    public void Forget(string pool)
    {
        lock (_changing)
        {
            _entries.TryRemove(pool, out _);
            _count = _entries.Count;
        }
    }

    /// <returns>The refusal for a buyer whose order would have this id; null: only the order service can tell.</returns>
    public QuickProblem? Judge(string pool, string orderId)
    {
        // With units left only the next refusal of the service makes it worth asking again.
        if (!_entries.TryGetValue(pool, out var entry) || entry.Snapshot is not { IsSoldOut: true } snapshot)
        {
            return null;
        }

        entry.Use(_clock.GetTimestamp());
        KeepFresh(entry);
        return _clock.GetElapsedTime(snapshot.AskedAt) < Life && !snapshot.Orders.MayContain(orderId) ? entry.Refusal : null;
    }

    /// <summary>True: buyers of it do not make the gateway ask yet.</summary>
    internal bool IsFresh(string pool) => _entries.TryGetValue(pool, out var entry) && IsFresh(entry);

    public void Dispose()
    {
        _sweep.Dispose();
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private SoldOutEntry? FindOrAdd(string pool)
    {
        if (_entries.TryGetValue(pool, out var known))
        {
            return known;
        }

        lock (_changing)
        {
            // A stock more than there is room for is only refused by the service, as ever.
            if (!_entries.ContainsKey(pool) && _count >= MostEntries)
            {
                return null;
            }

            var entry = _entries.GetOrAdd(pool, static (name, now) => new SoldOutEntry(name, now), _clock.GetTimestamp());
            _count = _entries.Count;
            return entry;
        }
    }

    private void Sweep()
    {
        lock (_changing)
        {
            foreach (var entry in _entries)
            {
                if (_clock.GetElapsedTime(entry.Value.UsedAt) >= UnusedFor)
                {
                    _entries.TryRemove(entry);
                }
            }

            _count = _entries.Count;
        }
    }

    private bool IsFresh(SoldOutEntry entry) => entry.Snapshot is { } snapshot && _clock.GetElapsedTime(snapshot.AskedAt) < FreshFor;

    private void KeepFresh(SoldOutEntry entry)
    {
        if (IsFresh(entry) || !entry.TryBeginAsking())
        {
            return;
        }

        // The buyer who happens to come now neither waits for it nor lends it a trace.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => AskAsync(entry, _stopped));
        }
    }

    private async Task AskAsync(SoldOutEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            var known = entry.Snapshot;
            var asked = _clock.GetTimestamp();
            var view = await _client.ReadAsync(entry.Pool, known?.Version, cancellationToken);
            entry.Snapshot = view is null
                ? known! with { AskedAt = asked }
                : new SoldOutSnapshot(view.Version, view.IsSoldOut, Orders(view.Filter.Span, view.Hashes), asked);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: nobody is going to be refused any more.
            return;
        }
        catch (Exception fault) when (
            fault is HttpRequestException or IOException or JsonException or DependencyUnavailableException or OperationCanceledException)
        {
            // What is known dies in a moment, and then the order service decides, as without a cache.
            LogNotRead(entry.Pool, fault.Message);
            await PauseAsync(cancellationToken);
        }
        finally
        {
            entry.EndAsking();
        }
    }

    private static IdFilter Orders(ReadOnlySpan<byte> bytes, int hashes) =>
        IdFilter.Read(bytes, hashes) ?? throw new DependencyUnavailableException("the answer has no filter");

    /// <summary>Not asked again at once: what has failed has trouble enough.</summary>
    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(FreshFor, _clock, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Stopping: there is nothing left to wait for.
            return;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Whether {Pool} is sold out cannot be read: {Reason}")]
    private partial void LogNotRead(string pool, string reason);
}
