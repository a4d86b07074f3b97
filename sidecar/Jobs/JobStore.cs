using System.Runtime.CompilerServices;
using System.Text;
using Sidecar.Actors;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Host;

namespace Sidecar.Jobs;

/// <param name="Etag">Null after a write whose new ETag the store did not tell.</param>
internal sealed record StoredJob(ScheduledJob Job, string? Etag);

/// <summary>
/// Jobs in the state store for actors, one key each, as reminders are (docs/decisions/0016-actors.md). Every method throws
/// <see cref="ComponentException"/> when the store fails, and <see cref="ActorException"/> when there is none.
/// </summary>
internal sealed class JobStore(SidecarOptions options, ComponentRegistry components)
{
    private const int ReadAtOnce = 64;

    private readonly string _prefix = $"{options.AppId}||dapr.internal.{options.Namespace}.{options.AppId}.job||";
    private readonly string _changes = $"{options.AppId}||dapr.internal.{options.Namespace}.{options.AppId}.jobs";

    public async Task<StoredJob?> LoadAsync(string name, CancellationToken cancellationToken)
    {
        var item = await Store().GetAsync(Key(name), cancellationToken);
        return item is null ? null : Parse(item);
    }

    /// <summary>Writes a new registration over whatever stands there, and tells the app's other sidecars.</summary>
    public async Task SaveAsync(ScheduledJob job, CancellationToken cancellationToken)
    {
        await Store().ApplyAsync(new StateSet(Key(job.Name), job.ToJson()), cancellationToken);
        await Store().ApplyAsync(new StateSet(_changes, Encoding.UTF8.GetBytes($"\"{job.Registration}\"")), cancellationToken);
    }

    /// <summary>Deleting what is not there is no error.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        Store().ApplyAsync(new StateDelete(Key(name)), cancellationToken);

    /// <summary>Differs from the last answer once another job was scheduled; empty before the first one.</summary>
    public async Task<string> ChangesAsync(CancellationToken cancellationToken) =>
        await Store().GetAsync(_changes, cancellationToken) is { } item ? Encoding.UTF8.GetString(item.Value.Span) : "";

    /// <summary>
    /// Replaces what was read or written last, null deletes it. Answers what stands there now; the outcome is false when
    /// somebody else changed it first.
    /// </summary>
    public async Task<(bool Swapped, StoredJob? Now)> SwapAsync(StoredJob expected, ScheduledJob? next, CancellationToken cancellationToken)
    {
        var (store, key) = (Store(), Key(expected.Job.Name));
        for (var current = expected; ;)
        {
            if (current.Etag is { } etag)
            {
                try
                {
                    if (next is not null)
                    {
                        return (true, new StoredJob(next, await store.SetAsync(new StateSet(key, next.ToJson(), etag), cancellationToken)));
                    }

                    await store.ApplyAsync(new StateDelete(key, etag), cancellationToken);
                    return (true, null);
                }
                catch (ComponentException lost) when (lost.Fault == ComponentFault.EtagMismatch)
                {
                    // A store may call a swap lost that its client sent twice: what stands there decides.
                    current = current with { Etag = null };
                }
            }

            var found = await LoadAsync(expected.Job.Name, cancellationToken);
            if (IsSame(found?.Job, next))
            {
                return (true, found);
            }

            if (!IsSame(found?.Job, expected.Job))
            {
                return (false, found);
            }

            current = found!;
        }
    }

    /// <summary>Every job of the app; one that comes or goes meanwhile may be missing.</summary>
    public async IAsyncEnumerable<ScheduledJob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var store = Store();
        await foreach (var keys in store.ListKeysAsync(_prefix, cancellationToken).Distinct().Chunk(ReadAtOnce).WithCancellation(cancellationToken))
        {
            foreach (var item in await store.GetManyAsync(keys, cancellationToken))
            {
                yield return Parse(item).Job;
            }
        }
    }

    private static bool IsSame(ScheduledJob? one, ScheduledJob? other) =>
        (one?.Registration, one?.Plan, one?.Lease) == (other?.Registration, other?.Plan, other?.Lease);

    private static StoredJob Parse(StateItem item) => new(ScheduledJob.Parse(item.Key, item.Value), item.Etag);

    // A name may hold the separator; escaped, no two jobs share a key.
    private string Key(string name) => _prefix + Uri.EscapeDataString(name);

    private IStateStore Store() => ActorStoreLookup.ForSchedules(components, "jobs");
}
