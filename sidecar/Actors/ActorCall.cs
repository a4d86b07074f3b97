using Sidecar.Invocation;

namespace Sidecar.Actors;

/// <summary>A method call on its way to an actor. The body is whole, so the call can be made again.</summary>
/// <param name="Method">Decoded and cleaned; may hold slashes.</param>
/// <param name="Query">As the client sent it, with its question mark; empty without one.</param>
/// <param name="Headers">Those that go on to the app.</param>
internal sealed record ActorCall(
    ActorAddress Actor, string Method, ReadOnlyMemory<byte> Body, string Query, IReadOnlyList<KeyValuePair<string, string[]>> Headers)
{
    public const string ReentrancyHeader = "Dapr-Reentrancy-Id";

    /// <summary>The chain of calls that this one belongs to; null when the caller names none.</summary>
    public string? ReentrancyId => Headers.FirstOrDefault(
        header => header.Key.Equals(ReentrancyHeader, StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();

    public ActorCall WithReentrancyId(string id) => this with
    {
        Headers = [.. Headers, new KeyValuePair<string, string[]>(ReentrancyHeader, [id])],
    };
}

/// <summary>What the actor answered: always 200, an application exception of the SDK's remoting included.</summary>
internal sealed record ActorAnswer(ReadOnlyMemory<byte> Body, IReadOnlyList<KeyValuePair<string, string[]>> Headers)
{
    /// <summary>Asks the runtime to end the reminder or timer that fired.</summary>
    private const string CancelHeader = "X-DaprReminderCancel";

    public bool CancelsSchedule => Headers.Any(header =>
        header.Key.Equals(CancelHeader, StringComparison.OrdinalIgnoreCase) && header.Value is [var value, ..] && IsTruthy(value));

    /// <summary>Reads an app's or a peer's answer to its end.</summary>
    public static async Task<ActorAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var connection = response.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToArray() : [];
        var nominated = HeaderRules.NominatedBy(connection);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Where(header => HeaderRules.GoesToCaller(header.Key, nominated)
                && !header.Key.Equals("content-length", StringComparison.OrdinalIgnoreCase))
            .Select(header => new KeyValuePair<string, string[]>(header.Key, [.. header.Value]));
        return new ActorAnswer(body, [.. headers]);
    }

    private static bool IsTruthy(string text) => text.Trim().ToUpperInvariant() is "Y" or "YES" or "TRUE" or "T" or "ON" or "1";
}
