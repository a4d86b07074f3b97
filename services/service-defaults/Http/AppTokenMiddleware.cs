using System.Security.Cryptography;
using System.Text;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>
/// Lets in only callers that hold the run's app token, which the sidecar adds to every call. It is what makes the
/// <c>shop-user</c> header believable: nobody but the gateway, through the sidecars, can send one that counts.
/// </summary>
internal sealed partial class AppTokenMiddleware
{
    private readonly RequestDelegate _next;
    private readonly byte[]? _token;

    public AppTokenMiddleware(RequestDelegate next, IConfiguration configuration, ILogger<AppTokenMiddleware> logger)
    {
        _next = next;
        var token = configuration["APP_API_TOKEN"];
        _token = string.IsNullOrEmpty(token) ? null : Encoding.UTF8.GetBytes(token);
        if (_token is null)
        {
            LogNoToken(logger);
        }
    }

    public Task InvokeAsync(HttpContext context) =>
        IsOpen(context.Request.Path) || Holds(context.Request)
            ? _next(context)
            : Problems.Unauthenticated("This service answers its sidecar only: the app token is missing or wrong.").ExecuteAsync(context);

    // Probes come from outside the mesh and carry no token.
    private static bool IsOpen(PathString path) =>
        path.Equals("/health", StringComparison.Ordinal) || path.Equals("/alive", StringComparison.Ordinal);

    private bool Holds(HttpRequest request) =>
        _token is null
        || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers[ShopHeaders.AppToken].ToString()), _token);

    [LoggerMessage(LogLevel.Warning, "APP_API_TOKEN is not set: any local process may call this service as any user")]
    private static partial void LogNoToken(ILogger logger);
}
