using Sidecar.Components;
using Sidecar.Invocation;

namespace Sidecar.Host;

/// <summary>What all sidecars of this process share; made once by the launcher or by daprd mode.</summary>
internal sealed record SidecarProcess(SharedClients Clients, SidecarDirectory Directory, TimeProvider Clock);
