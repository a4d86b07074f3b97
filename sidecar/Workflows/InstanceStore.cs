using Google.Protobuf;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <param name="Etag">Null after a write whose new ETag the store did not tell: it is read before the next swap.</param>
internal sealed record StoredDocument(InstanceDocument Document, string? Etag);

/// <summary>Null <paramref name="Lost"/> and null <paramref name="Committed"/>: lost, and no document stands there.</summary>
internal sealed record SwapOutcome(StoredDocument? Committed, StoredDocument? Lost)
{
    public bool IsCommitted => Committed is not null;
}

/// <summary>
/// Instance documents in a state store. They change by compare and swap only; history pages and markers are write-once
/// under keys of their own. Every method throws <see cref="ComponentException"/> when the store fails.
/// </summary>
internal sealed class InstanceStore(IStateStore store, InstanceKeys keys)
{
    /// <summary>Events per history page.</summary>
    public const int PageSize = 64;

    private const int SwapRounds = 5;

    public async Task<StoredDocument?> LoadAsync(string instanceId, CancellationToken cancellationToken)
    {
        var item = await store.GetAsync(keys.Document(instanceId), cancellationToken);
        return item is null ? null : new StoredDocument(Parse(InstanceDocument.Parser, item), item.Etag);
    }

    /// <summary>
    /// Replaces the document that was read or written last. Every failure of the write means that nobody knows whether
    /// it took effect (a store may even answer a mismatch to a swap that succeeded, because its client sent it twice),
    /// so the document is read back: our own commit id is success, an unchanged one means the same bytes again, anything
    /// else that another writer was first.
    /// </summary>
    /// <param name="expected">Null: there is no document yet.</param>
    public async Task<SwapOutcome> SwapAsync(StoredDocument? expected, InstanceDocument next, CancellationToken cancellationToken)
    {
        var key = keys.Document(next.InstanceId);
        var bytes = next.ToByteArray();
        for (var round = 1; ; round++)
        {
            if (expected is { Etag: null })
            {
                var current = await LoadAsync(next.InstanceId, cancellationToken);
                if (current is null || current.Document.CommitId != expected.Document.CommitId)
                {
                    return Judge(current, next);
                }

                expected = current;
            }

            ComponentException failure;
            try
            {
                var etag = await store.SetAsync(new StateSet(key, bytes, expected?.Etag, Concurrency.FirstWrite), cancellationToken);
                return new SwapOutcome(new StoredDocument(next, etag), null);
            }
            catch (ComponentException error)
            {
                failure = error;
            }

            var found = await LoadAsync(next.InstanceId, cancellationToken);
            if (found?.Document.CommitId != expected?.Document.CommitId)
            {
                return Judge(found, next);
            }

            expected = found;
            if (round == SwapRounds)
            {
                throw failure;
            }
        }
    }

    public Task WriteMarkerAsync(string instanceId, string executionId, CancellationToken cancellationToken) =>
        store.ApplyAsync(new StateSet(keys.Marker(instanceId, executionId), "1"u8.ToArray()), cancellationToken);

    public Task DeleteMarkerAsync(string instanceId, string executionId, CancellationToken cancellationToken) =>
        store.ApplyAsync(new StateDelete(keys.Marker(instanceId, executionId)), cancellationToken);

    /// <summary>Every instance that may be unfinished, one read of the store at a time; some may come twice.</summary>
    public IAsyncEnumerable<(string InstanceId, string ExecutionId)> MarkersAsync(CancellationToken cancellationToken) =>
        store.ListKeysAsync(keys.UnfinishedPrefix, cancellationToken).Select(keys.ParseMarker);

    /// <summary>The first ids after this one in ordinal order, at most that many, and whether there are more. Reads the keys of all instances.</summary>
    public async Task<(IReadOnlyList<string> Ids, bool HasMore)> ListAsync(string? after, int count, CancellationToken cancellationToken)
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        var hasMore = false;
        await foreach (var key in store.ListKeysAsync(keys.InstancePrefix, cancellationToken))
        {
            if (keys.InstanceOf(key) is { } id && (after is null || string.CompareOrdinal(id, after) > 0) && ids.Add(id) && ids.Count > count)
            {
                ids.Remove(ids.Max!);
                hasMore = true;
            }
        }

        return ([.. ids], hasMore);
    }

    public Task WritePageAsync(
        string instanceId, string executionId, int page, IEnumerable<HistoryEvent> events, CancellationToken cancellationToken)
    {
        var content = new HistoryPage();
        content.Events.AddRange(events);
        return store.ApplyAsync(new StateSet(keys.Page(instanceId, executionId, page), content.ToByteArray()), cancellationToken);
    }

    public async Task<List<HistoryEvent>> LoadPagesAsync(InstanceDocument document, CancellationToken cancellationToken)
    {
        if (document.Pages == 0)
        {
            return [];
        }

        var pageKeys = Enumerable.Range(0, document.Pages).Select(page => keys.Page(document.InstanceId, document.ExecutionId, page)).ToList();
        var found = (await store.GetManyAsync(pageKeys, cancellationToken)).ToDictionary(item => item.Key, StringComparer.Ordinal);
        var events = new List<HistoryEvent>(document.Pages * PageSize);
        foreach (var key in pageKeys)
        {
            var item = found.GetValueOrDefault(key)
                ?? throw new ComponentException(ComponentFault.Failed, $"the history page '{key}' is missing from the state store");
            events.AddRange(Parse(HistoryPage.Parser, item).Events);
        }

        return events;
    }

    /// <summary>Deletes the pages of an execution that no document needs any more. Deleting what is gone is no error.</summary>
    public async Task DeletePagesAsync(string instanceId, string executionId, int pages, CancellationToken cancellationToken)
    {
        for (var page = 0; page < pages; page++)
        {
            await store.ApplyAsync(new StateDelete(keys.Page(instanceId, executionId, page)), cancellationToken);
        }
    }

    /// <summary>Removes a purged document unless another writer has used the id again since.</summary>
    public async Task DeleteAsync(StoredDocument purged, CancellationToken cancellationToken)
    {
        var current = await LoadAsync(purged.Document.InstanceId, cancellationToken);
        if (current?.Document.CommitId == purged.Document.CommitId)
        {
            await store.ApplyAsync(
                new StateDelete(keys.Document(purged.Document.InstanceId), current.Etag, Concurrency.FirstWrite), cancellationToken);
        }
    }

    private static SwapOutcome Judge(StoredDocument? current, InstanceDocument next) =>
        current?.Document.CommitId == next.CommitId ? new SwapOutcome(current, null) : new SwapOutcome(null, current);

    private static T Parse<T>(MessageParser<T> parser, StateItem item)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(item.Value.Span);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ComponentException(ComponentFault.Failed, $"what stands under '{item.Key}' was not written by the workflow engine", error);
        }
    }
}
