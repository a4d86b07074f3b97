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

/// <summary>One run of the audit, which compares orders, stock, money and lists.</summary>
/// <param name="Trigger"><c>cron</c> or <c>operator</c>.</param>
/// <param name="Status"><c>Running</c>, <c>Completed</c> or <c>Failed</c>.</param>
/// <param name="Drifts">At most a hundred of them; the counts have all.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
public sealed record Reconciliation(
    string Id,
    string Trigger,
    string Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    ReconciliationCounts Counts,
    IReadOnlyList<ReconciliationDrift> Drifts,
    string? Error);

/// <param name="Orders">Accepted orders that were compared.</param>
/// <param name="LedgerEntries">Captures and refunds of the payment provider.</param>
public sealed record ReconciliationCounts(int Orders, int Reservations, int LedgerEntries, int Drifts, int Repaired);

/// <param name="Kind">Such as <c>double-capture</c> or <c>refund-missing</c>.</param>
/// <param name="Sku">The SKU, or the bucket of the stock; null when it is about money or a list.</param>
/// <param name="Repaired">The command that makes it right took effect; false: a person decides.</param>
public sealed record ReconciliationDrift(string Kind, string? OrderId, string? Sku, string Detail, bool Repaired);
