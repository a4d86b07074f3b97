using Dapr.Client;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Resilience;

namespace DaprShop.ServiceDefaults.State;

/// <summary>
/// The commit rules of the shop over Dapr's state API (docs/decisions/0002-commit-rules.md).
/// R2, <see cref="ChangeAsync{T,TResult}"/>: one document, compare and swap; whatever a write answers, only a
/// read-back tells whether it happened. R1, <see cref="WriteOnceAsync{T}"/>: a document that never changes.
/// A key is either R1 or R2, never both.
/// </summary>
public sealed class DocumentStore(DaprClient dapr, StoreCalls calls, IdSource ids, TimeProvider clock)
{
    /// <summary>Name of the state component in every component set.</summary>
    public const string Component = "statestore";

    /// <summary>Swaps remembered in a document. A writer whose answer was lost finds itself among them unless more than this many others came in between.</summary>
    private const int RememberedCommits = 16;

    private const int Schema = 1;

    /// <summary>The ETag that Dapr's client gives a key without a value.</summary>
    private const string Missing = "";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly StateOptions FirstWrite = new()
    {
        Concurrency = ConcurrencyMode.FirstWrite,
        Consistency = ConsistencyMode.Strong,
    };

    /// <summary>For swaps that fail though nobody else has changed the document: a store that reads and cannot write would be asked hundreds of times.</summary>
    private readonly RetryBudget _repeats = new();

    public async Task<T?> ReadAsync<T>(string key, CancellationToken cancellationToken)
        where T : class
    {
        var (stored, _) = await ReadStoredAsync<T>(key, cancellationToken);
        return stored?.Document;
    }

    /// <summary>
    /// Reads, decides and swaps until one swap is known to be committed. <paramref name="decide"/> may run several times
    /// and must be pure. Throws <see cref="DependencyUnavailableException"/> when the outcome stays unknown.
    /// </summary>
    public async Task<TResult> ChangeAsync<T, TResult>(
        string key, Func<T?, Change<T, TResult>> decide, CancellationToken cancellationToken)
        where T : class
    {
        var started = clock.GetTimestamp();
        for (var round = 0; ; round++)
        {
            var (stored, etag) = await ReadStoredAsync<T>(key, cancellationToken);
            var change = decide(stored?.Document);
            if (change.Next is null)
            {
                return change.Result;
            }

            var commit = ids.NewId();
            var next = new Stored<T>(Schema, [commit, .. (stored?.Commits ?? []).Take(RememberedCommits - 1)], change.Next);
            if (await SwapAsync(key, next, commit, etag, started, cancellationToken))
            {
                return change.Result;
            }

            ThrowWhenOutOfPatience(key, started);
            await PauseAsync(commit, round, cancellationToken);
        }
    }

    /// <summary>
    /// Creates the document unless one stands there, which a fresh one mostly finds out with its write alone. Later it is changed by
    /// <see cref="ChangeAsync{T,TResult}"/> only. Throws <see cref="DependencyUnavailableException"/> when the outcome stays unknown.
    /// </summary>
    /// <returns>Null: created, now. Otherwise the document that stands.</returns>
    public async Task<T?> CreateAsync<T>(string key, T document, CancellationToken cancellationToken)
        where T : class
    {
        var started = clock.GetTimestamp();
        var commit = ids.NewId();
        if (await SwapAsync(key, new Stored<T>(Schema, [commit], document), commit, Missing, started, cancellationToken))
        {
            return null;
        }

        var (standing, _) = await ReadStoredAsync<T>(key, cancellationToken);
        return standing?.Document ?? throw new DependencyUnavailableException($"{Component} key {key}: it was there and is gone");
    }

    /// <summary>Reads documents written by <see cref="ChangeAsync{T,TResult}"/>. A key that is left out is missing or could not be read.</summary>
    public async Task<IReadOnlyDictionary<string, T>> ReadManyAsync<T>(IReadOnlyList<string> keys, CancellationToken cancellationToken)
        where T : class
    {
        var found = await BulkAsync<Stored<T>>(keys, cancellationToken);
        return found.ToDictionary(pair => pair.Key, pair => pair.Value.Document, StringComparer.Ordinal);
    }

    /// <summary>
    /// Writes a document that never changes, under a key derived from its meaning. Every writer writes the same bytes,
    /// so repeating it is harmless and no ETag is needed.
    /// </summary>
    public Task WriteOnceAsync<T>(string key, T document, CancellationToken cancellationToken)
        where T : class =>
        calls.AskAsync(
            async limited =>
            {
                await dapr.SaveStateAsync(Component, key, new Sealed<T>(Schema, document), cancellationToken: limited);
                return true;
            },
            cancellationToken);

    public async Task<T?> ReadOnceAsync<T>(string key, CancellationToken cancellationToken)
        where T : class
    {
        var found = await calls.AskAsync(
            limited => dapr.GetStateAsync<Sealed<T>?>(Component, key, ConsistencyMode.Strong, cancellationToken: limited), cancellationToken);
        return found?.Document;
    }

    /// <summary>
    /// Reads documents written by <see cref="WriteOnceAsync{T}"/>. A key that is left out is missing or could not be read: Dapr's clients show no
    /// difference. Where missing means something, ask <see cref="ReadOnceAsync{T}"/>.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, T>> ReadManyOnceAsync<T>(IReadOnlyList<string> keys, CancellationToken cancellationToken)
        where T : class
    {
        var found = await BulkAsync<Sealed<T>>(keys, cancellationToken);
        return found.ToDictionary(pair => pair.Key, pair => pair.Value.Document, StringComparer.Ordinal);
    }

    /// <returns>True: committed. False: another writer changed the document.</returns>
    private async Task<bool> SwapAsync<T>(
        string key, Stored<T> next, string commit, string etag, long started, CancellationToken cancellationToken)
        where T : class
    {
        _repeats.Earn();
        for (var attempt = 0; ; attempt++)
        {
            if (await TrySaveAsync(key, next, etag, cancellationToken))
            {
                return true;
            }

            // A refusal, an error and a lost answer look alike here: only the document tells.
            var (current, currentEtag) = await ReadStoredAsync<T>(key, cancellationToken);
            if (current?.Commits.Contains(commit, StringComparer.Ordinal) == true)
            {
                return true;
            }

            if (!string.Equals(currentEtag, etag, StringComparison.Ordinal))
            {
                return false;
            }

            ThrowWhenOutOfPatience(key, started);
            if (!_repeats.TrySpend())
            {
                throw new DependencyUnavailableException($"{Component} key {key}: the swap failed, as many others do, and is not repeated");
            }

            await PauseAsync(commit, attempt + 2, cancellationToken);
        }
    }

    private async Task<bool> TrySaveAsync<T>(string key, Stored<T> next, string etag, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.TrySwapAsync(
                limited => dapr.TrySaveStateAsync(Component, key, next, etag, FirstWrite, cancellationToken: limited), cancellationToken);
        }
        catch (DependencyUnavailableException)
        {
            return false;
        }
    }

    private async Task<(Stored<T>? Stored, string Etag)> ReadStoredAsync<T>(string key, CancellationToken cancellationToken) =>
        await calls.AskAsync(
            limited => dapr.GetStateAndETagAsync<Stored<T>?>(Component, key, ConsistencyMode.Strong, cancellationToken: limited), cancellationToken);

    private async Task<IReadOnlyList<KeyValuePair<string, T>>> BulkAsync<T>(IReadOnlyList<string> keys, CancellationToken cancellationToken)
        where T : class
    {
        if (keys.Count == 0)
        {
            return [];
        }

        var items = await calls.AskAsync(
            limited => dapr.GetBulkStateAsync<T?>(Component, keys, parallelism: null, cancellationToken: limited), cancellationToken, Judge);
        return [.. from item in items where item.Value is not null select KeyValuePair.Create(item.Key, item.Value)];
    }

    /// <summary>A store that is away looks like one that has none of the keys.</summary>
    private static CallOutcome Judge<T>(IReadOnlyList<BulkStateItem<T?>> items) =>
        items.Any(item => item.Value is not null) ? CallOutcome.Answered : CallOutcome.Unknown;

    private void ThrowWhenOutOfPatience(string key, long started)
    {
        if (clock.GetElapsedTime(started) > Patience)
        {
            throw new DependencyUnavailableException($"{Component} key {key}: the swap's outcome stayed unknown");
        }
    }

    /// <summary>Writers of one document spread out: the commit id is random, so it serves as the jitter.</summary>
    private Task PauseAsync(string commit, int round, CancellationToken cancellationToken)
    {
        if (round == 0)
        {
            return Task.CompletedTask;
        }

        var ceiling = Math.Min(1 << Math.Min(round, 6), 50);
        var jitter = IdSource.Jitter(commit, ceiling);
        return Task.Delay(TimeSpan.FromMilliseconds(1 + jitter), clock, cancellationToken);
    }
}
