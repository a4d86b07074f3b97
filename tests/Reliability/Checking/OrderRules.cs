namespace DaprShop.Reliability.Checking;

/// <summary>I3: every order has gone a legal way, and has ended.</summary>
internal static class OrderRules
{
    public static IEnumerable<Finding> Judge(World world)
    {
        foreach (var state in world.States)
        {
            if (state.Version != state.Timeline.Count)
            {
                yield return new Finding(Findings.VersionDiffers, state.OrderId, $"version {state.Version} after {state.Timeline.Count} moves");
            }

            if (IllegalMove(state) is { } move)
            {
                yield return new Finding(Findings.IllegalMove, state.OrderId, move);
            }

            if (!OrderLife.HasEnded(state.Status) || (state.RefundAsked && state.Status == OrderLife.Confirmed))
            {
                yield return new Finding(Findings.OrderUnfinished, state.OrderId, $"it is {state.Status}{(state.RefundAsked ? ", its refund decided" : "")}");
            }
        }

        var known = world.States.Select(state => state.OrderId).ToHashSet(StringComparer.Ordinal);
        foreach (var record in world.Records.Where(record => !known.Contains(record.OrderId)))
        {
            yield return new Finding(Findings.OrderUnfinished, record.OrderId, "no saga has written its state");
        }
    }

    private static string? IllegalMove(OrderFacts state)
    {
        if (state.Timeline is not [{ Status: OrderLife.Reserved, Event: "placed" }, ..])
        {
            return "its timeline does not begin with its placing";
        }

        for (var n = 1; n < state.Timeline.Count; n++)
        {
            if (!OrderLife.IsLegal(state.Timeline[n - 1].Status, state.Timeline[n]))
            {
                return $"from {state.Timeline[n - 1].Status} by {state.Timeline[n].Event} to {state.Timeline[n].Status}";
            }
        }

        if (state.Timeline.Select(step => step.Event).Distinct(StringComparer.Ordinal).Count() != state.Timeline.Count)
        {
            return "an event happened to it twice";
        }

        return state.Timeline[^1].Status == state.Status ? null : $"it is {state.Status}, its timeline ends at {state.Timeline[^1].Status}";
    }
}
