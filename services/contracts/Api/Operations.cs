using System.Text.Json;

namespace DaprShop.Contracts.Api;

/// <param name="LagSeconds">Age of the oldest accepted order that the equalities leave out because it is unfinished.</param>
public sealed record InvariantsReport(
    bool Holds, DateTimeOffset AsOf, double LagSeconds, IReadOnlyList<InvariantCheck> Checks);

public sealed record InvariantCheck(string Name, bool Holds, string Expected, string Actual);

public sealed record WorkflowView(
    string InstanceId, string Name, string Status, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt, JsonElement? Output);

/// <summary>Accepted orders whose sagas are still to be started, from the order logs behind their watermarks.</summary>
/// <param name="Waiting">Watermarks are written every two seconds, so the orders of the last moments may be counted though they are done.</param>
/// <param name="OldestAt">When the one that has waited longest was placed; null: none waits.</param>
/// <param name="OldestSeconds">How long it has waited.</param>
public sealed record OutboxView(int Waiting, DateTimeOffset? OldestAt, double OldestSeconds, IReadOnlyList<OutboxSlot> Slots);

/// <param name="Owner">The replica that relays it.</param>
public sealed record OutboxSlot(int Slot, string Owner, int Waiting, DateTimeOffset? OldestAt);
