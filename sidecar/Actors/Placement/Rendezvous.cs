namespace Sidecar.Actors.Placement;

/// <summary>
/// Rendezvous hashing: every host draws a number for the actor and the highest owns it. All who know the same hosts
/// agree without talking, and a host that comes or goes moves no actors but its own.
/// </summary>
internal static class Rendezvous
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>Null when there is no host.</summary>
    public static string? OwnerOf(ActorAddress actor, IEnumerable<string> hostIds)
    {
        string? owner = null;
        var highest = 0UL;
        foreach (var hostId in hostIds)
        {
            var score = Score(actor, hostId);

            // Equal scores are as good as impossible, but all must decide them alike.
            if (owner is null || score > highest || (score == highest && string.CompareOrdinal(hostId, owner) > 0))
            {
                (owner, highest) = (hostId, score);
            }
        }

        return owner;
    }

    /// <summary>The same in every process: FNV-1a over the parts, then mixed so that every bit of the input moves every bit of the score.</summary>
    internal static ulong Score(ActorAddress actor, string hostId)
    {
        var hash = Add(Add(Add(FnvOffset, hostId), actor.Type), actor.Id);
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }

    private static ulong Add(ulong hash, string part)
    {
        foreach (var character in part)
        {
            hash = (hash ^ (byte)character) * FnvPrime;
            hash = (hash ^ (byte)(character >> 8)) * FnvPrime;
        }

        // The end of a part counts: "ab" + "c" is not "a" + "bc".
        return (hash ^ 0xff) * FnvPrime;
    }
}
