using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Settings;

/// <summary>
/// <c>GET</c> and <c>PUT /api/v1/ops/settings</c> for operators; <c>GET /internal/settings</c> for the gateways, which pull it.
/// </summary>
internal static partial class SettingsEndpoints
{
    private const string Route = "/api/v1/ops/settings";
    private const int MaxRequestsPerSecond = 100_000;
    private const int MaxBurst = 1_000_000;
    private const int MaxConcurrentRequests = 1_000_000;

    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Route, GetAsync).RequireOperator();
        routes.MapPut(Route, PutAsync).RequireOperator();
        routes.MapGet("/internal/settings", GetAsync);
    }

    internal static async Task<IResult> GetAsync(HttpContext context, SettingsStore settings, CancellationToken cancellationToken)
    {
        var current = await settings.ReadAsync(cancellationToken);
        ETags.Write(context.Response, current.Version);
        return ETags.NotModified(context.Request, current.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(current);
    }

    internal static async Task<IResult> PutAsync(
        PutSettings request, HttpContext context, SettingsStore settings, ILogger<PutSettings> logger, CancellationToken cancellationToken)
    {
        if (Validate(request.Edge).TryGetProblem(out var invalid))
        {
            return invalid;
        }

        Func<long, bool>? expects = ETags.HasIfMatch(context.Request) ? version => ETags.IfMatch(context.Request, version) : null;
        var (current, written) = await settings.PutAsync(request, expects, cancellationToken);
        if (!written)
        {
            return Problems.PreconditionFailed($"The settings are at version {current.Version}: read them and send their ETag in If-Match.");
        }

        LogWritten(logger, current.Version, current.Edge);
        ETags.Write(context.Response, current.Version);
        return TypedResults.Ok(current);
    }

    private static ValidationErrors Validate(EdgeLimits edge)
    {
        var errors = new ValidationErrors();
        Require(edge.RequestsPerSecond, MaxRequestsPerSecond, "edge.requestsPerSecond", errors);
        Require(edge.Burst, MaxBurst, "edge.burst", errors);
        Require(edge.ConcurrentRequests, MaxConcurrentRequests, "edge.concurrentRequests", errors);
        return errors;
    }

    private static void Require(int value, int most, string member, ValidationErrors errors) =>
        errors.Require(value >= 1 && value <= most, member, $"must be a whole number from 1 to {most}");

    [LoggerMessage(LogLevel.Information, "The settings are at version {Version}: {Edge}")]
    private static partial void LogWritten(ILogger logger, long version, EdgeLimits edge);
}
