using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>Who asks, as the gateway established it. Bind it as a handler parameter; without a user the answer is 401.</summary>
public sealed record ShopCaller(string UserId, string Role)
{
    public const string Customer = "customer";
    public const string Operator = "operator";

    public bool IsOperator => Role == Operator;

    /// <summary>What logs call the user: an issuer may take mail addresses for ids. Who knows the id can find its lines, and not the other way round.</summary>
    public string Pseudonym => PseudonymOf(UserId);

    public static string PseudonymOf(string userId) => DerivedIds.Of("user", userId);

    /// <summary>Null when the request names no user.</summary>
    public static ShopCaller? From(HttpRequest request)
    {
        var user = request.Headers[ShopHeaders.User].ToString();
        var role = request.Headers[ShopHeaders.Role].ToString();
        return user.Length == 0 ? null : new ShopCaller(user, role.Length == 0 ? Customer : role);
    }

    public static ValueTask<ShopCaller?> BindAsync(HttpContext context) =>
        From(context.Request) is { } caller
            ? ValueTask.FromResult<ShopCaller?>(caller)
            : throw new BadHttpRequestException("Sign in first: the request names no user.", StatusCodes.Status401Unauthorized);
}

public static class ShopCallerExtensions
{
    /// <summary>Answers 403 to anybody but an operator; the gateway asks too, but it is not the only door in a mesh.</summary>
    public static RouteHandlerBuilder RequireOperator(this RouteHandlerBuilder route) =>
        route.AddEndpointFilter(async (context, next) =>
            ShopCaller.From(context.HttpContext.Request) is { IsOperator: true }
                ? await next(context)
                : Problems.Forbidden("Only an operator may do this."));
}
