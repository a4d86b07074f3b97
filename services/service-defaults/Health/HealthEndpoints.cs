using DaprShop.ServiceDefaults.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaprShop.ServiceDefaults.Health;

/// <summary><c>GET /health</c>: 200 or 503 with every check. <c>GET /alive</c>: 200 while the process serves.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/alive", () => TypedResults.Ok(new { status = "Healthy" })).ExcludeFromDescription();
        routes.MapGet("/health", ReadyAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(HealthCheckService checks, CircuitBreakers breakers, TimeProvider clock, CancellationToken cancellationToken)
    {
        // A prober gives up after a few seconds; a check that hangs must still be named in an answer.
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return Answer(await checks.CheckHealthAsync(either.Token), breakers);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Results.Json(
                new HealthAnswer(
                    nameof(HealthStatus.Unhealthy),
                    new Dictionary<string, HealthEntry> { ["timeout"] = new("Unhealthy", "A check does not end.") },
                    States(breakers)),
                statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static IResult Answer(HealthReport report, CircuitBreakers breakers) => Results.Json(
        new HealthAnswer(
            report.Status.ToString(),
            report.Entries.ToDictionary(entry => entry.Key, entry => new HealthEntry(entry.Value.Status.ToString(), entry.Value.Description)),
            States(breakers)),
        statusCode: report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);

    private static Dictionary<string, string> States(CircuitBreakers breakers) =>
        breakers.All.ToDictionary(breaker => breaker.Name, breaker => CircuitBreakers.Text(breaker.State));
}

/// <param name="Checks">By name, such as <c>sidecar</c>.</param>
/// <param name="Breakers">The state of each circuit breaker: <c>closed</c>, <c>half-open</c> or <c>open</c>.</param>
internal sealed record HealthAnswer(
    string Status, IReadOnlyDictionary<string, HealthEntry> Checks, IReadOnlyDictionary<string, string> Breakers);

internal sealed record HealthEntry(string Status, string? Description);
