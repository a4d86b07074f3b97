using System.Text.Encodings.Web;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace DaprShop.Gateway.Authentication;

/// <summary>Reads the bearer token of a request; refusals are problems (RFC 6750, 3).</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenValidator tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Prefix = TokenValidator.Scheme + " ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count == 0)
        {
            return AuthenticateResult.NoResult();
        }

        if (header.Count > 1 || !header.ToString().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.Fail("not one bearer token");
        }

        var user = await tokens.ValidateAsync(header.ToString()[Prefix.Length..].Trim(), Context.RequestAborted);
        return user is null
            ? AuthenticateResult.Fail("the token is not valid")
            : AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var sent = Request.Headers.Authorization.Count > 0;
        Response.Headers[HeaderNames.WWWAuthenticate] = sent
            ? "Bearer realm=\"daprshop\", error=\"invalid_token\""
            : "Bearer realm=\"daprshop\"";
        return Problems.Unauthenticated(sent
                ? "The bearer token is malformed, expired or not from this shop's issuer."
                : "Send Authorization: Bearer with a token from POST /api/v1/tokens.")
            .ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Forbidden("Only an operator may do this.").ExecuteAsync(Context);
}
