using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DaprShop.Contracts.Api;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Ids;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DaprShop.Gateway.SignIn;

/// <summary><c>POST /api/v1/tokens</c>: the development sign-in. Production turns it off and names an external issuer.</summary>
internal static partial class SignInEndpoint
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public static void MapSignIn(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<TokenOptions>>().Value;
        if (options is { DevelopmentSignIn: true, IsExternal: false })
        {
            var route = RouteTable.Named("signIn");
            app.MapPost(route.Template, Issue).Describe(route);
        }
    }

    internal static Results<Ok<IssuedToken>, ProblemHttpResult> Issue(
        Contracts.Api.SignIn request, IOptions<TokenOptions> options, SigningKey key, IdSource ids, TimeProvider clock,
        HttpContext context, ILogger<Contracts.Api.SignIn> logger)
    {
        // Both are looked at in any case: neither answer nor its time tells whether the name was right.
        var passwordIsRight = CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(request.Password), Encoding.UTF8.GetBytes(options.Value.DevelopmentPassword));
        var nameIsRight = DemoUser().IsMatch(request.UserName);
        if (!(passwordIsRight & nameIsRight))
        {
            LogRefused(logger);
            return Problems.Unauthenticated("User name or password is wrong. Demo users are shopper-1, shopper-2, ... and operator-1, ...");
        }

        var role = request.UserName.StartsWith(ShopCaller.Operator, StringComparison.Ordinal) ? ShopCaller.Operator : ShopCaller.Customer;
        context.Response.Headers.CacheControl = "no-store";
        LogSignedIn(logger, request.UserName);
        return TypedResults.Ok(new IssuedToken(
            Create(request.UserName, role, options.Value, key.Value, ids, clock.GetUtcNow()), TokenValidator.Scheme, (int)Lifetime.TotalSeconds));
    }

    internal static string Create(
        string user, string role, TokenOptions options, SecurityKey key, IdSource ids, DateTimeOffset now) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.Issuer,
            Audience = options.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = now.UtcDateTime + Lifetime,
            Claims = new Dictionary<string, object> { ["sub"] = user, [options.RoleClaim] = role, ["jti"] = ids.NewId() },
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256),
        });

    [GeneratedRegex("^(shopper|operator)-[1-9][0-9]{0,8}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex DemoUser();

    [LoggerMessage(LogLevel.Information, "{UserName} signed in")]
    private static partial void LogSignedIn(ILogger logger, string userName);

    [LoggerMessage(LogLevel.Information, "A sign-in was refused")]
    private static partial void LogRefused(ILogger logger);
}
