using System.Text.Json;

namespace DaprShop.Contracts.Api;

/// <param name="LagSeconds">Age of the oldest accepted order that the equalities leave out because it is unfinished.</param>
public sealed record InvariantsReport(
    bool Holds, DateTimeOffset AsOf, double LagSeconds, IReadOnlyList<InvariantCheck> Checks);

public sealed record InvariantCheck(string Name, bool Holds, string Expected, string Actual);

public sealed record WorkflowView(
    string InstanceId, string Name, string Status, DateTimeOffset CreatedAt, DateTimeOffset LastUpdatedAt, JsonElement? Output);
