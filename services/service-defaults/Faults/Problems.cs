using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>
/// Every problem the API answers, one member per name. <c>instance</c> and <c>traceId</c> are filled in when the
/// problem is written. Details are for the caller: nothing internal goes in.
/// </summary>
public static class Problems
{
    public const string TypePrefix = "urn:daprshop:problem:";
    public const string ContentType = "application/problem+json";

    /// <summary>The name that a problem's type ends with, such as <c>sold-out</c>.</summary>
    public static string NameOf(ProblemHttpResult problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.ProblemDetails.Type?.StartsWith(TypePrefix, StringComparison.Ordinal) == true ? problem.ProblemDetails.Type[TypePrefix.Length..] : "other";
    }

    public static ProblemHttpResult Validation(string member, string message) =>
        Validation(new Dictionary<string, string[]> { [member] = [message] });

    public static ProblemHttpResult Validation(IReadOnlyDictionary<string, string[]> errors)
    {
        var problem = Details("validation", "The request is not valid", StatusCodes.Status400BadRequest, "See errors for what to correct.");
        problem.Extensions["errors"] = errors;
        return TypedResults.Problem(problem);
    }

    public static ProblemHttpResult Unauthenticated(string detail) =>
        Problem("unauthenticated", "Sign in first", StatusCodes.Status401Unauthorized, detail);

    public static ProblemHttpResult Forbidden(string detail) =>
        Problem("forbidden", "Your role may not do this", StatusCodes.Status403Forbidden, detail);

    public static ProblemHttpResult NotFound(string detail) =>
        Problem("not-found", "Not found", StatusCodes.Status404NotFound, detail);

    public static ProblemHttpResult MethodNotAllowed(string detail) =>
        Problem("method-not-allowed", "This resource has no such method", StatusCodes.Status405MethodNotAllowed, detail);

    public static ProblemHttpResult SoldOut(string detail) =>
        Problem("sold-out", "Sold out", StatusCodes.Status409Conflict, detail);

    /// <summary>The order service and the gateway's cache refuse in the same words.</summary>
    /// <param name="pool">A SKU, or <c>sale:</c> and the sale's id.</param>
    public static ProblemHttpResult SoldOutOf(string pool) => SoldOut($"There is not enough stock of {pool}. The same key may succeed later.");

    public static ProblemHttpResult PurchaseLimitReached(string detail) =>
        Problem("purchase-limit-reached", "Your limit for this sale is reached", StatusCodes.Status409Conflict, detail);

    public static ProblemHttpResult SaleNotStarted(string detail) =>
        Problem("sale-not-started", "The sale has not started", StatusCodes.Status409Conflict, detail);

    public static ProblemHttpResult SaleEnded(string detail) =>
        Problem("sale-ended", "The sale has ended", StatusCodes.Status409Conflict, detail);

    public static ProblemHttpResult IllegalTransition(string detail) =>
        Problem("illegal-transition", "Not possible in the present state", StatusCodes.Status409Conflict, detail);

    public static ProblemHttpResult PreconditionFailed(string detail) =>
        Problem("precondition-failed", "The resource has changed", StatusCodes.Status412PreconditionFailed, detail);

    public static ProblemHttpResult PayloadTooLarge(string detail) =>
        Problem("payload-too-large", "The body is too large", StatusCodes.Status413PayloadTooLarge, detail);

    public static ProblemHttpResult IdempotencyKeyMissing(string detail) =>
        Problem("idempotency-key-missing", "An Idempotency-Key is needed", StatusCodes.Status400BadRequest, detail);

    public static ProblemHttpResult IdempotencyKeyReused(string detail) =>
        Problem("idempotency-key-reused", "This Idempotency-Key belongs to another request", StatusCodes.Status422UnprocessableEntity, detail);

    public static ProblemHttpResult RateLimited(string detail) =>
        Problem("rate-limited", "Too many requests", StatusCodes.Status429TooManyRequests, detail);

    public static ProblemHttpResult Overloaded(string detail) =>
        Problem("overloaded", "Too busy at the moment", StatusCodes.Status429TooManyRequests, detail);

    public static ProblemHttpResult DependencyUnavailable(string detail) =>
        Problem("dependency-unavailable", "A dependency does not answer", StatusCodes.Status503ServiceUnavailable, detail);

    public static ProblemHttpResult Internal() =>
        Problem("internal", "Something went wrong on our side", StatusCodes.Status500InternalServerError,
            "The fault is recorded under the trace id.");

    /// <summary>A 409 of a resource that already exists: <c>illegal-transition</c>, the nearest name the API has.</summary>
    public static ProblemHttpResult AlreadyExists(string detail) =>
        Problem("illegal-transition", "It already exists", StatusCodes.Status409Conflict, detail);

    private static ProblemHttpResult Problem(string name, string title, int status, string detail) =>
        TypedResults.Problem(Details(name, title, status, detail));

    private static ProblemDetails Details(string name, string title, int status, string detail) =>
        new() { Type = TypePrefix + name, Title = title, Status = status, Detail = detail };
}
