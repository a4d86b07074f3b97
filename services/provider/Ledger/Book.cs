using Microsoft.Extensions.Options;

namespace DaprShop.Provider.Ledger;

/// <summary>
/// The sandbox's truth. A decision sees the whole book, is applied in memory and journalled, and is answered for only when it is on
/// the disk; so is a mere look, because what it saw may still be on its way there.
/// </summary>
internal sealed class Book : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly BookState _state = new();
    private readonly Journal _journal;
    private readonly SemaphoreSlim _changed = new(0);
    private Task _lastAppend = Task.CompletedTask;

    public Book(IOptions<ProviderOptions> options)
    {
        (_journal, var entries) = Journal.Open(Path.Combine(options.Value.DataDirectory, "ledger.jsonl"));
        foreach (var entry in entries)
        {
            _state.Apply(entry);
        }
    }

    /// <summary>Decides on the present state; the entries decided are applied at once and durable when the task ends.</summary>
    public async Task<T> DecideAsync<T>(Func<BookState, (T Result, IReadOnlyList<Entry> Entries)> decide)
    {
        T result;
        Task durable;
        lock (_gate)
        {
            (result, var entries) = decide(_state);
            foreach (var entry in entries)
            {
                _state.Apply(entry);
            }

            if (entries.Count > 0)
            {
                _lastAppend = _journal.AppendAsync(entries);
                _changed.Release();
            }

            durable = _lastAppend;
        }

        await durable;
        return result;
    }

    public Task<T> ReadAsync<T>(Func<BookState, T> read) => DecideAsync<T>(state => (read(state), []));

    /// <summary>Counts as a change for whoever waits for one.</summary>
    public void Nudge() => _changed.Release();

    /// <summary>Waits for the next change, or until the time has passed.</summary>
    public async Task WaitForChangeAsync(TimeSpan atMost, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _changed.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time has passed; the caller looks again either way.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _changed.Dispose();
    }
}
