using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>
/// What is derived from a committed document (architecture.md 6, R3): each step is done in full before the document
/// that is returned forgets it, and that document is stored by a later swap.
/// </summary>
internal sealed class InstanceUpkeep(InstanceStore store, string instanceId)
{
    /// <summary>Moves full pages of history out of the document, and appends them to <paramref name="paged"/>.</summary>
    public async Task<InstanceDocument> WritePagesAsync(InstanceDocument document, List<HistoryEvent> paged, CancellationToken cancellationToken)
    {
        while (document.Tail.Count >= InstanceStore.PageSize)
        {
            var page = document.Tail.Take(InstanceStore.PageSize).ToList();
            await store.WritePageAsync(instanceId, document.ExecutionId, document.Pages, page, cancellationToken);
            var next = document.Copy();
            next.Tail.Clear();
            next.Tail.AddRange(document.Tail.Skip(InstanceStore.PageSize));
            next.Pages++;
            paged.AddRange(page);
            document = next;
        }

        return document;
    }

    /// <summary>Deletes what earlier executions under this id left.</summary>
    public async Task<InstanceDocument> ForgetRetiredAsync(InstanceDocument document, CancellationToken cancellationToken)
    {
        foreach (var retired in document.Retired)
        {
            await store.DeletePagesAsync(instanceId, retired.ExecutionId, retired.Pages, cancellationToken);
            await store.DeleteMarkerAsync(instanceId, retired.ExecutionId, cancellationToken);
        }

        var next = document.Copy();
        next.Retired.Clear();
        return next;
    }

    /// <summary>Deletes every key of a purged instance, its marker last: while it stands, a restart comes back to this.</summary>
    public async Task FinishPurgeAsync(StoredDocument purged, CancellationToken cancellationToken)
    {
        var document = purged.Document;
        await store.DeletePagesAsync(instanceId, document.ExecutionId, document.Pages, cancellationToken);
        await store.DeleteAsync(purged, cancellationToken);
        await store.DeleteMarkerAsync(instanceId, document.ExecutionId, cancellationToken);
    }
}
