namespace DaprShop.Contracts.Api;

/// <summary>A customer's points and one page of what they came from, newest first.</summary>
/// <param name="Balance">All points, whatever part of the entries the page shows.</param>
/// <param name="NextCursor">Null on the last page.</param>
public sealed record PointsView(long Balance, IReadOnlyList<PointsEntry> Entries, string? NextCursor);

/// <param name="Points">One for each full unit of the order's total.</param>
/// <param name="At">When the order was confirmed.</param>
public sealed record PointsEntry(string OrderId, long Points, Money Total, DateTimeOffset At);
