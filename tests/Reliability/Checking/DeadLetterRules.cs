namespace DaprShop.Reliability.Checking;

/// <summary>I9 and I19: the shop's own messages are all taken, what cannot be read is kept, and an operator finds what is kept.</summary>
internal static class DeadLetterRules
{
    /// <summary>The type of what is published as plain data: the sidecar makes an event of it. The shop publishes nothing so.</summary>
    private const string Wrapped = "com.dapr.event.sent";

    public static IEnumerable<Finding> Judge(World world)
    {
        var poison = world.Poison.Select(sent => sent.EventId).ToHashSet(StringComparer.Ordinal);
        foreach (var letter in world.DeadLetters.Where(letter => !IsPoison(letter, poison)))
        {
            yield return new Finding(
                Findings.DeadLetter, letter.EventId ?? letter.Id, $"{letter.Subscription} did not take a {letter.EventType}: {letter.Reason ?? "no reason is known"}");
        }

        var kept = world.DeadLetters.Select(letter => (letter.Subscription, letter.EventId)).ToHashSet();
        foreach (var sent in world.Poison)
        {
            foreach (var subscription in sent.RefusedBy.Where(subscription => !kept.Contains((subscription, sent.EventId))))
            {
                yield return new Finding(Findings.DeadLetterMissing, sent.EventId, $"{subscription} cannot have taken it and no dead letter has it");
            }
        }

        var listed = world.DeadLetterLists.Select(entry => (entry.Subscription, entry.Id)).ToHashSet();
        foreach (var letter in world.DeadLetters.Where(letter => !listed.Contains((letter.Subscription, letter.Id))))
        {
            yield return new Finding(Findings.DeadLetterUnlisted, letter.Id, $"no list of {letter.Subscription} has it, so no operator sees it");
        }

        var letters = world.DeadLetters.Select(letter => (letter.Subscription, letter.Id)).ToHashSet();
        foreach (var entry in world.DeadLetterLists.Where(entry => !letters.Contains((entry.Subscription, entry.Id))))
        {
            yield return new Finding(Findings.DeadLetterForgotten, entry.Id, $"a list of {entry.Subscription} has it and it is not there");
        }
    }

    private static bool IsPoison(DeadLetter letter, HashSet<string> poison) =>
        poison.Count > 0 && (letter.EventId is { } id && poison.Contains(id) || letter.EventType is null or Wrapped);
}
