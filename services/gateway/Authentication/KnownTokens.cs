using System.Collections.Concurrent;
using System.Security.Claims;

namespace DaprShop.Gateway.Authentication;

/// <summary>
/// Tokens that were verified a moment ago: a buyer sends the same one with every request, and a signature costs more than the rest of the
/// check. Each is verified again after half a minute, so that a key which an issuer has taken back does not live on here.
/// </summary>
internal sealed class KnownTokens(TimeProvider clock)
{
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    internal const int Most = 10_000;

    private readonly ConcurrentDictionary<string, Known> _tokens = new(StringComparer.Ordinal);

    /// <returns>Null: it has to be verified.</returns>
    public ClaimsPrincipal? Find(string token) =>
        _tokens.TryGetValue(token, out var known) && clock.GetUtcNow() < known.Until && clock.GetElapsedTime(known.VerifiedAt) < Life
            ? known.User
            : null;

    /// <param name="until">When it ends by its own word, the tolerance for clocks included.</param>
    public void Keep(string token, ClaimsPrincipal user, DateTimeOffset until)
    {
        // Bounded the simple way: those who were forgotten are verified once more.
        if (_tokens.Count >= Most)
        {
            _tokens.Clear();
        }

        _tokens[token] = new Known(user, until, clock.GetTimestamp());
    }

    private sealed record Known(ClaimsPrincipal User, DateTimeOffset Until, long VerifiedAt);
}
