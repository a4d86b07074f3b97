using System.Diagnostics;
using DaprShop.Contracts.Payments;
using DaprShop.Provider.Ledger;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Provider.Refunds;

/// <summary><c>POST /v1/refunds</c>: idempotent by key, and never more than was captured.</summary>
internal static partial class CreateRefundEndpoint
{
    public static void MapRefunds(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/refunds", RefundAsync);

    private static async Task<IResult> RefundAsync(CreateRefund command, Book book, TimeProvider clock, ILogger<CreateRefund> logger)
    {
        var errors = new ValidationErrors();
        errors.Require(command.IdempotencyKey.Length is >= 1 and <= 255, "idempotencyKey", "must have 1 to 255 characters");
        errors.Require(command.Amount > 0, "amount", "must be positive, in minor units");
        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var traceParent = Activity.Current?.Id;
        switch (await book.DecideAsync(state => RefundDecision.Make(state, command, clock.GetUtcNow(), traceParent)))
        {
            case RefundDecision.Done done:
                LogRefunded(logger, done.Refund.RefundId, done.Refund.ChargeId, done.Refund.Amount);
                return TypedResults.Ok(new RefundAnswer(done.Refund.RefundId, "succeeded"));
            case RefundDecision.KeyReused:
                return Problems.IdempotencyKeyReused("This idempotencyKey was used for a refund with other content.");
            case RefundDecision.NoSuchCharge:
                return Problems.NotFound("There is no such charge.");
            case RefundDecision.TooMuch left:
                return Problems.IllegalTransition($"Of this charge {left.Refundable} can be refunded.");
            default:
                throw new UnreachableException();
        }
    }

    [LoggerMessage(LogLevel.Information, "Refund {RefundId} gave back {Amount} of charge {ChargeId}")]
    private static partial void LogRefunded(ILogger logger, string refundId, string chargeId, long amount);
}
