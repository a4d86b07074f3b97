using System.Runtime.CompilerServices;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Host;

namespace Sidecar.Actors.Reminders;

/// <param name="Etag">Null after a write whose new ETag the store did not tell.</param>
internal sealed record StoredReminder(Reminder Reminder, string? Etag);

/// <summary>
/// Reminders in the state store for actors, one key each, so that they outlive every sidecar. Every method throws
/// <see cref="ComponentException"/> when the store fails, and <see cref="ActorException"/> when there is none.
/// </summary>
internal sealed class ReminderStore(SidecarOptions options, ComponentRegistry components)
{
    private const int ReadAtOnce = 64;

    private readonly string _prefix = $"{options.AppId}||dapr.internal.{options.Namespace}.{options.AppId}.reminder||";

    public async Task<StoredReminder?> LoadAsync(ActorAddress actor, string name, CancellationToken cancellationToken)
    {
        var key = Key(actor, name);
        var item = await Store().GetAsync(key, cancellationToken);
        return item is null ? null : Parse(item);
    }

    /// <summary>Writes a new registration over whatever stands there.</summary>
    public async Task<StoredReminder> SaveAsync(Reminder reminder, CancellationToken cancellationToken)
    {
        var etag = await Store().SetAsync(new StateSet(Key(reminder.Actor, reminder.Name), reminder.ToJson()), cancellationToken);
        return new StoredReminder(reminder, etag);
    }

    /// <summary>
    /// Replaces what was read or written last by how far it has come now, null for its end. A registration that another
    /// sidecar replaced meanwhile wins; it, or null for a deleted one, is what this answers then.
    /// </summary>
    public async Task<StoredReminder?> AdvanceAsync(StoredReminder expected, Reminder? next, CancellationToken cancellationToken)
    {
        var (store, key) = (Store(), Key(expected.Reminder.Actor, expected.Reminder.Name));
        for (var current = expected; ;)
        {
            // No first-write: Redis would refuse every later registration of a key that was once written so.
            if (current.Etag is { } etag)
            {
                try
                {
                    if (next is not null)
                    {
                        return new StoredReminder(next, await store.SetAsync(new StateSet(key, next.ToJson(), etag), cancellationToken));
                    }

                    await store.ApplyAsync(new StateDelete(key, etag), cancellationToken);
                    return null;
                }
                catch (ComponentException lost) when (lost.Fault == ComponentFault.EtagMismatch)
                {
                    // A store may call a swap lost that its client sent twice: what stands there decides.
                    current = current with { Etag = null };
                }
            }

            var found = await LoadAsync(expected.Reminder.Actor, expected.Reminder.Name, cancellationToken);
            if (found is null || found.Reminder.Registration != expected.Reminder.Registration || found.Reminder.Schedule == next?.Schedule)
            {
                return found;
            }

            current = found;
        }
    }

    /// <summary>Deleting what is not there is no error.</summary>
    public Task DeleteAsync(ActorAddress actor, string name, CancellationToken cancellationToken) =>
        Store().ApplyAsync(new StateDelete(Key(actor, name)), cancellationToken);

    /// <summary>Every reminder of the type; one that comes or goes meanwhile may be missing.</summary>
    public async IAsyncEnumerable<StoredReminder> ListAsync(string type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var store = Store();
        await foreach (var keys in store.ListKeysAsync($"{_prefix}{Escape(type)}||", cancellationToken).Distinct().Chunk(ReadAtOnce).WithCancellation(cancellationToken))
        {
            foreach (var item in await store.GetManyAsync(keys, cancellationToken))
            {
                yield return Parse(item);
            }
        }
    }

    private static StoredReminder Parse(StateItem item) => new(Reminder.Parse(item.Key, item.Value), item.Etag);

    // Ids and names may hold the separator; escaped, no two reminders share a key.
    private string Key(ActorAddress actor, string name) => $"{_prefix}{Escape(actor.Type)}||{Escape(actor.Id)}||{Escape(name)}";

    private static string Escape(string part) => Uri.EscapeDataString(part);

    private IStateStore Store() => ActorStoreLookup.ForSchedules(components, "reminders");
}
