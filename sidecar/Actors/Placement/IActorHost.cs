namespace Sidecar.Actors.Placement;

/// <summary>A sidecar whose app hosts actors: this one, another of this process, or one behind the network.</summary>
internal interface IActorHost
{
    /// <summary>Runs the call as a turn of the actor. Throws <see cref="ActorException"/>; Moved when this host is not, or no longer, the owner.</summary>
    Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken);

    /// <summary>Persists and schedules. Throws <see cref="ActorException"/>.</summary>
    Task SetReminderAsync(ActorAddress actor, Reminders.ReminderRequest request, CancellationToken cancellationToken);

    /// <summary>Deleting what is not there is no error. Throws <see cref="ActorException"/>.</summary>
    Task DeleteReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken);
}

/// <summary>A host whose actors this process can move away from it.</summary>
internal interface ILocalActorHost : IActorHost
{
    /// <summary>New at each start, so that a host that comes back is not taken for the one that went.</summary>
    string HostId { get; }

    /// <summary>
    /// Deactivates every actor that is not to stay, turns in hand drained; returns when the app was told of each. The
    /// wait is bounded by the types' drain timeouts and <see cref="Hosting.ActiveActors.DeactivationTimeout"/>.
    /// </summary>
    Task KeepOnlyAsync(Func<ActorAddress, bool> stays);

    /// <summary>Cuts off every turn in hand at once and has no active actor any more: the right to them is running out.</summary>
    Task DropAllAsync();

    /// <summary>The owners have changed: what is due for actors that came here has to be found.</summary>
    void OwnershipChanged();
}
