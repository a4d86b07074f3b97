namespace Sidecar.Actors.Placement;

/// <summary>
/// Who owns which actor: one live host among all that host its type. An owner is named only while no other host has
/// the actor active, as far as the membership behind it can promise.
/// </summary>
internal interface IActorPlacement
{
    /// <summary>Null: nobody hosts the type. Waits while the actor is on its way from one host to another.</summary>
    ValueTask<IActorHost?> OwnerOfAsync(ActorAddress actor, CancellationToken cancellationToken);

    /// <summary>Returns when the host may be sent calls: those who owned its actors before have let them go.</summary>
    Task JoinAsync(ILocalActorHost host, IReadOnlyCollection<string> types, CancellationToken cancellationToken);

    /// <summary>Returns when the host has no active actor any more. A host that never joined may leave.</summary>
    Task LeaveAsync(ILocalActorHost host, CancellationToken cancellationToken);
}
