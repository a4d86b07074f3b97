using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Reconciling;

/// <summary>The runs of the audit: what they found, and one more now.</summary>
internal static class ReconciliationEndpoints
{
    private const string Route = "/api/v1/ops/reconciliations";
    private const string CursorKind = "reconciliations";

    /// <summary>Every replica is called by its own cron: the second one has nothing to add.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(1);

    public static void MapReconciliations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Route, ListAsync).RequireOperator();
        routes.MapPost(Route, RunAsync).RequireOperator();
        routes.MapPost("/order-reconciliation", CronAsync);
    }

    /// <summary>Newest first.</summary>
    internal static async Task<IResult> ListAsync(HttpContext context, ReconciliationHistory history, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var page = PageRequest.Read(context.Request.Query, CursorKind, cursorParts: 1, errors);
        long? before = null;
        if (page.After is [var position])
        {
            if (long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                before = number;
            }
            else
            {
                errors.Add("cursor", "is not a cursor of this list: pass nextCursor of the previous page unchanged");
            }
        }

        if (errors.TryGetProblem(out var problem))
        {
            return problem;
        }

        var (runs, next) = await history.ReadAsync(before, page.Limit, cancellationToken);
        return TypedResults.Ok(new Page<Reconciliation>(
            runs, next is { } at ? Cursor.Encode(CursorKind, at.ToString(CultureInfo.InvariantCulture)) : null));
    }

    /// <summary>Answers with the run that has begun, or with the one that runs already: either way its result will be in the list.</summary>
    internal static async Task<IResult> RunAsync(Reconciler reconciler, ReconciliationHistory history, CancellationToken cancellationToken)
    {
        var run = await reconciler.StartAsync(Reconciler.Operator, cancellationToken);
        if (run is null)
        {
            var (runs, _) = await history.ReadAsync(before: null, limit: 1, cancellationToken);
            run = runs is [{ Status: "Running" } running] ? running : null;
        }

        return run is null
            ? Problems.IllegalTransition("A reconciliation begins or ends at this moment: send the request again.")
            : TypedResults.Accepted(Route, run);
    }

    internal static async Task CronAsync(
        Reconciler reconciler, ReconciliationHistory history, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (runs, _) = await history.ReadAsync(before: null, limit: 1, cancellationToken);
        if (runs is not [{ Trigger: Reconciler.Cron } last] || last.StartedAt + Recent < clock.GetUtcNow())
        {
            await reconciler.StartAsync(Reconciler.Cron, cancellationToken);
        }
    }
}
