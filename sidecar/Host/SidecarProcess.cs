using Sidecar.Actors.Placement;
using Sidecar.Components;
using Sidecar.Invocation;

namespace Sidecar.Host;

/// <summary>What all sidecars of this process share; made once by the launcher or by daprd mode.</summary>
internal sealed record SidecarProcess(SharedClients Clients, SidecarDirectory Directory, TimeProvider Clock)
{
    /// <summary>Who hosts which actors among the sidecars of this process; null: it has one, which finds others through the state store.</summary>
    public ActorDirectory? Actors { get; init; } = new();

    /// <summary>True: sidecars in other processes of this user are found without any configuration.</summary>
    public bool FindsPeers { get; init; }
}
