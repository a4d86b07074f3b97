using DaprShop.Contracts.Payments;
using DaprShop.Provider.Faults;
using DaprShop.Provider.Ledger;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.Extensions.Options;

namespace DaprShop.Provider.Charges;

/// <summary><c>POST /v1/charges</c> and <c>GET /v1/charges?reference=</c>.</summary>
internal static partial class CreateChargeEndpoint
{
    public static void MapCharges(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/charges", ChargeAsync);
        routes.MapGet("/v1/charges", ListAsync);
    }

    private static async Task<IResult> ChargeAsync(
        CreateCharge command, Book book, FaultRates faults, IOptions<ProviderOptions> options, TimeProvider clock,
        HttpContext context, ILogger<CreateCharge> logger)
    {
        if (Validate(command).TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var outcome = faults.Steer(Outcome.OfSource(command.Source)!, command.IdempotencyKey);
        // From here on the caller's going away changes nothing: a provider that has begun to charge goes on.
        var decision = await book.DecideAsync(state => ChargeDecision.Make(state, command, outcome, options.Value, clock.GetUtcNow()));
        switch (decision)
        {
            case ChargeDecision.KeyReused:
                return Problems.IdempotencyKeyReused("This idempotencyKey was used for a charge with other content.");
            case ChargeDecision.AnswerError:
                LogError(logger);
                return Problems.Internal();
            case ChargeDecision.Replay known:
                return TypedResults.Ok(Answer(known.Charge));
            case ChargeDecision.Opened opened:
                LogCharged(logger, opened.Charge.Id, opened.Charge.StatusName);
                if (outcome.DropsConnection)
                {
                    context.Abort();
                    return Results.Empty;
                }

                if (outcome.SlowAnswer)
                {
                    await Task.Delay(options.Value.SlowAnswer, clock, context.RequestAborted);
                }

                return TypedResults.Ok(Answer(opened.Charge));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task<IResult> ListAsync(string? reference, Book book)
    {
        if (string.IsNullOrEmpty(reference))
        {
            return Problems.Validation("reference", "is required");
        }

        var charges = await book.ReadAsync(state => state.ChargesOf(reference));
        return TypedResults.Ok(new ProviderCharges([.. charges.Select(View)]));
    }

    private static ValidationErrors Validate(CreateCharge command)
    {
        var errors = new ValidationErrors();
        errors.Require(command.IdempotencyKey.Length is >= 1 and <= 255, "idempotencyKey", "must have 1 to 255 characters");
        errors.Require(command.Amount > 0, "amount", "must be positive, in minor units");
        errors.Require(command.Currency.Length == 3 && command.Currency.All(char.IsAsciiLetterUpper), "currency", "must be an ISO 4217 code such as CNY");
        errors.Require(command.Reference.Length is >= 1 and <= 255, "reference", "must have 1 to 255 characters");
        errors.Require(
            Outcome.OfSource(command.Source) is not null,
            "source",
            "is not a source this sandbox knows; use " + string.Join(", ", Outcome.ByName.Keys.Select(name => Outcome.SourcePrefix + name)));
        return errors;
    }

    private static ChargeAnswer Answer(Charge charge) => new(charge.Id, charge.StatusName);

    private static ProviderCharge View(Charge charge) => new(
        charge.Id, charge.StatusName, charge.Opened.Amount, charge.Opened.Currency, charge.Opened.Source, charge.Opened.Reference,
        charge.Refunded, charge.Opened.At);

    [LoggerMessage(LogLevel.Information, "Charge {ChargeId} is {Status}")]
    private static partial void LogCharged(ILogger logger, string chargeId, string status);

    [LoggerMessage(LogLevel.Information, "Answered an error, as the source of the charge asks")]
    private static partial void LogError(ILogger logger);
}
