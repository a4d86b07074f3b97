using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Host;

namespace Sidecar.Actors.Placement;

internal sealed record StoredMembership(Membership Membership, string? Etag);

/// <summary>
/// The membership document in the state store for actors; apps that are to find each other's actors share that store.
/// Every method throws <see cref="ComponentException"/> when the store fails.
/// </summary>
/// <param name="key">The document's; those who share it see each other.</param>
internal sealed class MembershipStore(string key, ComponentRegistry components)
{
    public static string KeyOfActors(string @namespace) => $"dapr.internal.{@namespace}.actors||members";

    /// <summary>False: without a store this sidecar neither hosts nor finds actors.</summary>
    public bool IsThere => components.ActorStateStore?.Instance is IStateStore store && store.Capabilities.HasFlag(StateCapabilities.Etag);

    public async Task<StoredMembership> LoadAsync(CancellationToken cancellationToken)
    {
        var item = await Store.GetAsync(key, cancellationToken);
        return item is null ? new StoredMembership(Membership.Empty, null) : new StoredMembership(Membership.Parse(key, item.Value), item.Etag);
    }

    /// <summary>
    /// Null when another writer was first. After a failure nobody knows whether the write took effect, so the document is
    /// read back: its commit says.
    /// </summary>
    public async Task<Membership?> SwapAsync(StoredMembership expected, Membership next, CancellationToken cancellationToken)
    {
        var written = next with { Commit = RandomId.NewUuid() };
        try
        {
            await Store.ApplyAsync(new StateSet(key, written.ToJson(), expected.Etag, Concurrency.FirstWrite), cancellationToken);
            return written;
        }
        catch (ComponentException lost) when (lost.Fault is ComponentFault.EtagMismatch or ComponentFault.Failed)
        {
            var found = await LoadAsync(cancellationToken);
            return found.Membership.Commit == written.Commit ? found.Membership : null;
        }
    }

    private IStateStore Store => (IStateStore)(components.ActorStateStore?.Instance
        ?? throw new ComponentException(ComponentFault.Failed, "no state store is set up for actors"));
}
