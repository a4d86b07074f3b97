using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Shop;

/// <summary>Everything that a service of one run stands on.</summary>
internal sealed record Setting(
    World World,
    Faults Faults,
    SeededIds Ids,
    Calls Calls,
    Network Network,
    SimulatedDaprClient Dapr,
    SidecarHttp Sidecar,
    WorkflowEngine Workflows,
    RunMeters Meters,
    TimeSpan PaymentWindow);
