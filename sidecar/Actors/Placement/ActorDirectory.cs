using System.Collections.Frozen;

namespace Sidecar.Actors.Placement;

/// <summary>
/// The hosts of this process, which the launcher's sidecars share. A change of the hosts is a handover: lookups of
/// actors that change hands wait until their old owner has let them go, all others go on.
/// </summary>
internal sealed class ActorDirectory : IActorPlacement
{
    private readonly Lock _gate = new();
    private Task _changes = Task.CompletedTask;
    private volatile Handover _state = new(HostTable.Empty, HostTable.Empty, Task.CompletedTask);

    public async ValueTask<IActorHost?> OwnerOfAsync(ActorAddress actor, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = _state;
            var owner = state.Next.OwnerOf(actor);
            if (state.Settled.IsCompleted || state.Before.OwnerOf(actor) == owner)
            {
                return owner;
            }

            await state.Settled.WaitAsync(cancellationToken);
        }
    }

    public Task JoinAsync(ILocalActorHost host, IReadOnlyCollection<string> types, CancellationToken cancellationToken) =>
        ChangeAsync(table => table.With(host, types), cancellationToken);

    public Task LeaveAsync(ILocalActorHost host, CancellationToken cancellationToken) =>
        ChangeAsync(table => table.Without(host), cancellationToken);

    // One change after the other; whoever gives up waiting for one does not undo it.
    private Task ChangeAsync(Func<HostTable, HostTable> change, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _changes = ChangeAfterAsync(_changes, change);
            return _changes.WaitAsync(cancellationToken);
        }
    }

    private async Task ChangeAfterAsync(Task last, Func<HostTable, HostTable> change)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        var before = _state.Next;
        var next = change(before);
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _state = new Handover(before, next, settled.Task);
        try
        {
            await Task.WhenAll(before.Hosts.Union(next.Hosts).Select(host => host.KeepOnlyAsync(actor => next.OwnerOf(actor) == host)));
        }
        finally
        {
            settled.SetResult();
        }

        foreach (var host in next.Hosts)
        {
            host.OwnershipChanged();
        }
    }

    private sealed record Handover(HostTable Before, HostTable Next, Task Settled);

    private sealed record HostTable(
        FrozenDictionary<string, ILocalActorHost> ById, FrozenDictionary<string, string[]> IdsByType, IReadOnlyDictionary<string, string[]> TypesById)
    {
        public static readonly HostTable Empty = Of([]);

        public IEnumerable<ILocalActorHost> Hosts => ById.Values;

        public ILocalActorHost? OwnerOf(ActorAddress actor) =>
            IdsByType.TryGetValue(actor.Type, out var ids) && Rendezvous.OwnerOf(actor, ids) is { } id ? ById[id] : null;

        public HostTable With(ILocalActorHost host, IReadOnlyCollection<string> types) =>
            Of([.. Without(host).Members, (host, [.. types])]);

        public HostTable Without(ILocalActorHost host) => Of([.. Members.Where(member => member.Host.HostId != host.HostId)]);

        private IEnumerable<(ILocalActorHost Host, string[] Types)> Members => ById.Values.Select(host => (host, TypesById[host.HostId]));

        private static HostTable Of((ILocalActorHost Host, string[] Types)[] members) => new(
            members.ToFrozenDictionary(member => member.Host.HostId, member => member.Host, StringComparer.Ordinal),
            members.SelectMany(member => member.Types.Select(type => (type, member.Host.HostId)))
                .GroupBy(pair => pair.type, pair => pair.HostId, StringComparer.Ordinal)
                .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal),
            members.ToDictionary(member => member.Host.HostId, member => member.Types, StringComparer.Ordinal));
    }
}
