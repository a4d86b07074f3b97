namespace DaprShop.Provider.Charges;

/// <summary>What a source does, in the order things happen.</summary>
/// <param name="ErrorFirst">The first request of a key answers 500 and does nothing.</param>
/// <param name="Declines">The charge is refused.</param>
/// <param name="Processes">Answers <c>processing</c>; the capture comes later.</param>
/// <param name="Late">The capture comes only after <c>Provider:LateAfter</c>.</param>
/// <param name="Webhooks">How many times the right webhook is sent after the capture.</param>
/// <param name="ForgedFirst">A wrongly signed webhook goes out before the capture.</param>
/// <param name="SlowAnswer">The answer is kept back for a while.</param>
/// <param name="DropsConnection">The charge is captured and the connection cut instead of answered.</param>
internal sealed record Outcome(
    string Name,
    bool ErrorFirst = false,
    bool Declines = false,
    bool Processes = false,
    bool Late = false,
    int Webhooks = 0,
    bool ForgedFirst = false,
    bool SlowAnswer = false,
    bool DropsConnection = false)
{
    public const string SourcePrefix = "tok_";

    /// <summary>The table of api.md; a source is <c>tok_</c> and the name.</summary>
    public static IReadOnlyDictionary<string, Outcome> ByName { get; } = new[]
    {
        new Outcome("ok"),
        new Outcome("declined", Declines: true),
        new Outcome("slow", SlowAnswer: true),
        new Outcome("async", Processes: true, Webhooks: 1),
        new Outcome("webhook_late", Processes: true, Late: true, Webhooks: 1),
        new Outcome("webhook_twice", Processes: true, Webhooks: 2),
        new Outcome("webhook_lost", Processes: true),
        new Outcome("webhook_forged", Processes: true, Webhooks: 1, ForgedFirst: true),
        new Outcome("charged_no_answer", DropsConnection: true),
        new Outcome("error_then_ok", ErrorFirst: true),
    }.ToDictionary(outcome => outcome.Name);

    public static Outcome? OfSource(string source) =>
        source.StartsWith(SourcePrefix, StringComparison.Ordinal) ? ByName.GetValueOrDefault(source[SourcePrefix.Length..]) : null;
}
