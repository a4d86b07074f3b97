using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dapr.Client;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Order.DeadLetters;

/// <summary>The messages that their consumers did not take: to look at, send again, or give up.</summary>
internal static partial class DeadLetterEndpoints
{
    private const string Route = "/api/v1/ops/dead-letters";
    private const string CursorKind = "dead-letters";
    private const int MostAtOnce = 50;

    /// <summary>Of a replay of many: the gateway waits no longer than half a minute.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(12);

    public static void AddDeadLetters(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ConsumerClient(
            provider.GetRequiredService<DaprClient>().CreateInvokableHttpClient(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DeadLetterStore>();
        services.AddSingleton<DeadLetterReplay>();
    }

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Route, ListAsync).RequireOperator();
        routes.MapGet(Route + "/{id}", GetAsync).RequireOperator();
        routes.MapPost(Route + "/{id}/replay", ReplayAsync).RequireOperator();
        routes.MapPost(Route + "/replay", ReplayManyAsync).RequireOperator();
        routes.MapDelete(Route + "/{id}", DiscardAsync).RequireOperator();
    }

    internal static async Task<IResult> ListAsync(HttpContext context, DeadLetterStore letters, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var query = context.Request.Query;
        var page = PageRequest.Read(query, CursorKind, cursorParts: 2, errors);
        var after = page.After is null ? null : Position(page.After, errors);
        var subscriptions = Subscriptions.All;
        if (query.TryGetValue("subscription", out var name) && TryFind(name.ToString(), errors, out var subscription))
        {
            subscriptions = [subscription];
        }

        DeadLetterStatus? status = null;
        if (query.TryGetValue("status", out var wanted))
        {
            // Parsing alone would take numbers, white space and lists of names too.
            var names = Enum.GetNames<DeadLetterStatus>();
            if (errors.Require(names.Contains(wanted.ToString(), StringComparer.Ordinal), "status", $"must be one of {string.Join(", ", names)}"))
            {
                status = Enum.Parse<DeadLetterStatus>(wanted.ToString());
            }
        }

        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        var (found, next) = await letters.ReadAsync(subscriptions, status, after, page.Limit, cancellationToken);
        return TypedResults.Ok(new Page<DeadLetterView>([.. found.Select(DeadLetterViews.Of)], Encode(next)));
    }

    internal static async Task<IResult> GetAsync(
        string id, DeadLetterStore letters, ConsumerClient consumers, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, letters, cancellationToken) is not { } letter)
        {
            return NotFound(id);
        }

        // The consumer may have been away when the letter came.
        if (letter.Reason is null && await consumers.FindFailureAsync(SubscriptionOf(letter), letter.EventId, cancellationToken) is { } failure)
        {
            letter = letter with { Reason = failure.Reason, Attempts = failure.Attempts };
        }

        return TypedResults.Ok(DeadLetterViews.Of(
            letter,
            await letters.ReadPayloadAsync(id, letter.Payload, cancellationToken),
            letter.Taken is { } taken && taken != letter.Payload ? await letters.ReadPayloadAsync(id, taken, cancellationToken) : null));
    }

    internal static async Task<IResult> ReplayAsync(
        string id,
        ReplayDeadLetter? request,
        ShopCaller caller,
        DeadLetterStore letters,
        DeadLetterReplay replay,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id, letters, cancellationToken) is not { } letter)
        {
            return NotFound(id);
        }

        var errors = new ValidationErrors();
        var subscription = SubscriptionOf(letter);
        var edited = request?.Payload is { } payload ? EditedPayload.Read(payload, letter, subscription, errors) : null;
        errors.Require(
            edited is not null || errors.Any || letter.EventType is not null,
            "payload",
            "is required: what came is no CloudEvent, so send one as it should have been");
        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        var result = await replay.ReplayAsync(letter, subscription, edited, caller.UserId, cancellationToken);
        return result switch
        {
            { Refusal: null, Letter: { } replayed } => TypedResults.Ok(DeadLetterViews.Of(replayed)),
            { IsUnanswered: true } => Problems.DependencyUnavailable(
                $"{result.Refusal} Whether it took the message is unknown: repeat the request as it is."),
            _ => Problems.IllegalTransition($"Not replayed: {result.Refusal}"),
        };
    }

    internal static async Task<IResult> ReplayManyAsync(
        ReplayDeadLetters request,
        ShopCaller caller,
        DeadLetterStore letters,
        DeadLetterReplay replay,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        DeadLetterPosition? after = null;
        if (request.Cursor is { } cursor)
        {
            after = Cursor.TryDecode(cursor, CursorKind, count: 2, out var parts) ? Position(parts, errors) : NoPosition(errors);
        }

        TryFind(request.Subscription, errors, out var subscription);
        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        var started = clock.GetTimestamp();
        var (open, next) = await letters.ReadAsync([subscription!], DeadLetterStatus.Open, after, MostAtOnce, cancellationToken);
        var (replayed, refused) = (new List<string>(), new List<string>());
        foreach (var letter in open)
        {
            var isLate = clock.GetElapsedTime(started) >= MostTime;
            var result = isLate ? null : await TryReplayAsync(letter, subscription!, caller, replay, cancellationToken);
            if (result is null or { IsUnanswered: true })
            {
                return TypedResults.Ok(new ReplayedDeadLetters(replayed, refused, isLate ? null : letter.Id, Done: false, Encode(after)));
            }

            (result.Refusal is null ? replayed : refused).Add(letter.Id);
            after = new DeadLetterPosition(letter.ReceivedAt, letter.Id);
        }

        return TypedResults.Ok(new ReplayedDeadLetters(replayed, refused, Unanswered: null, Done: next is null, Encode(next)));
    }

    internal static async Task<IResult> DiscardAsync(
        string id,
        ShopCaller caller,
        DeadLetterStore letters,
        MessageCounters counters,
        TimeProvider clock,
        ILogger<DeadLetterStore> logger,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id, letters, cancellationToken) is null)
        {
            return NotFound(id);
        }

        var now = clock.GetUtcNow();
        var action = new DeadLetterAction(now, caller.UserId, "discarded", Edited: false, Detail: null);
        var (letter, refusal, isNew) = await letters.ChangeAsync(id, found => DeadLetterDecisions.Discard(found, action, now), cancellationToken);
        if (isNew)
        {
            counters.Count(SubscriptionOf(letter!), MessageOutcome.Discarded);
            LogDiscarded(logger, id, caller.Pseudonym);
        }

        return refusal is null ? TypedResults.Ok(DeadLetterViews.Of(letter!)) : Problems.IllegalTransition(refusal);
    }

    private static async Task<ReplayResult> TryReplayAsync(
        DeadLetter letter, Subscription subscription, ShopCaller caller, DeadLetterReplay replay, CancellationToken cancellationToken) =>
        letter.EventType is null
            ? new ReplayResult(letter, "It is no CloudEvent.")
            : await replay.ReplayAsync(letter, subscription, edited: null, caller.UserId, cancellationToken);

    private static bool TryFind(string name, ValidationErrors errors, [NotNullWhen(true)] out Subscription? subscription)
    {
        subscription = Subscriptions.All.FirstOrDefault(known => known.Name == name);
        return errors.Require(
            subscription is not null, "subscription", $"must be one of {string.Join(", ", Subscriptions.All.Select(known => known.Name))}");
    }

    private static DeadLetterPosition? Position(IReadOnlyList<string> parts, ValidationErrors errors) =>
        DateTimeOffset.TryParseExact(parts[0], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? new DeadLetterPosition(at, parts[1])
            : NoPosition(errors);

    private static DeadLetterPosition? NoPosition(ValidationErrors errors)
    {
        errors.Add("cursor", "is not a cursor of this list: pass nextCursor of the previous page unchanged");
        return null;
    }

    private static string? Encode(DeadLetterPosition? position) =>
        position is null ? null : Cursor.Encode(CursorKind, position.ReceivedAt.ToString("O", CultureInfo.InvariantCulture), position.Id);

    /// <summary>Ids are made here: what does not look like one needs no look. Nor is there a letter of a subscription that is no more.</summary>
    private static async Task<DeadLetter?> FindAsync(string id, DeadLetterStore letters, CancellationToken cancellationToken) =>
        Guid.TryParseExact(id, "D", out _)
        && await letters.FindAsync(id, cancellationToken) is { } letter
        && Subscriptions.All.Any(known => known.Name == letter.Subscription)
            ? letter
            : null;

    private static Subscription SubscriptionOf(DeadLetter letter) => Subscriptions.All.Single(known => known.Name == letter.Subscription);

    private static IResult NotFound(string id) => Problems.NotFound($"There is no dead letter {id}.");

    [LoggerMessage(LogLevel.Information, "Dead letter {Id} was discarded by {Operator}")]
    private static partial void LogDiscarded(ILogger logger, string id, string @operator);
}
