using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Runs;

/// <summary>How often something was wrong, out of how many that could have been.</summary>
/// <param name="Of">The orders, units, stock changes or notifications that it could have happened to.</param>
internal sealed record Figure(string Name, long Count, long Of)
{
    /// <summary>With none seen, the rate is below 3 / n with 95% confidence.</summary>
    public double? Bound => Count == 0 && Of > 0 ? 3.0 / Of : null;

    public static Figure operator +(Figure left, Figure right) => left with { Count = left.Count + right.Count, Of = left.Of + right.Of };
}

internal static class Figures
{
    public static IReadOnlyList<Figure> Of(World world, IReadOnlyList<Finding> findings)
    {
        var acknowledged = world.History.Where(call => call is { Action: Actions.Place, Phase: Phase.Ok })
            .Select(call => call.OrderId).Distinct(StringComparer.Ordinal).Count();
        var wishes = world.History.Where(call => call.Action != Actions.Read).Select(call => (call.User, call.Action, call.Key)).Distinct().Count();
        var changes = world.Stock.Sum(bucket => bucket.Batches.Sum(batch => batch.Entries.Count));
        var units = world.Logged.Sum(order => order.Lines.Sum(line => (long)line.Quantity));
        var captures = world.Ledger.Count(line => line.Kind == "capture");
        var named = new HashSet<string>(StringComparer.Ordinal);
        long Count(params string[] kinds)
        {
            named.UnionWith(kinds);
            return findings.Where(finding => kinds.Contains(finding.Kind)).Sum(finding => finding.Weight);
        }

        Figure[] figures =
        [
            new("forgotten orders", Count(Findings.OrderForgotten, Findings.OrderNotRecorded, Findings.OrderUnfinished, Findings.ReadForgot), acknowledged),
            new("orders nobody was told of, or twice", Count(Findings.OrderTwice, Findings.OrderUnasked, Findings.RefusedAndAccepted), acknowledged),
            new("units oversold", Count(Findings.Oversold), units),
            new("units undersold", Count(Findings.Undersold, Findings.UnitsKept, Findings.UnitsOfNobody, Findings.UnitsNotSold), units),
            new("stock drift, in units", Count(Findings.StockDrift, Findings.StockLogGap, Findings.StockIllegalMove, Findings.TransferLost), changes),
            new("double charges and refunds", Count(Findings.DoubleCapture, Findings.DoubleRefund), captures),
            new(
                "money kept, missing or of nobody",
                Count(Findings.MoneyKept, Findings.MoneyGivenAway, Findings.CaptureMissing, Findings.MoneyOfNobody, Findings.AmountDiffers),
                captures),
            new("notifications missing", Count(Findings.NoteMissing), world.Notes.Count),
            new("notifications twice", Count(Findings.NoteTwice), world.Notes.Count),
            new("wishes without an answer", Count(Findings.Unresolved), wishes),
        ];
        return [.. figures, new("anything else", findings.Count(finding => !named.Contains(finding.Kind)), acknowledged)];
    }
}
