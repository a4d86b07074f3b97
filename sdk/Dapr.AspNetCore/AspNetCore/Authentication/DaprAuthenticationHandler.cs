using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dapr.AspNetCore.Authentication;

/// <summary>Recognises the sidecar by the application's API token, which both got from their environment.</summary>
internal sealed class DaprAuthenticationHandler(
    IOptionsMonitor<DaprAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<DaprAuthenticationOptions>(options, logger, encoder)
{
    internal const string SchemeName = "Dapr";
    private const string Header = "Dapr-Api-Token";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (!Request.Headers.TryGetValue(Header, out var shown))
        {
            return AuthenticateResult.NoResult();
        }

        if (string.IsNullOrWhiteSpace(Options.Token))
        {
            return AuthenticateResult.Fail("This application has no API token to compare with (APP_API_TOKEN).");
        }

        // In constant time, so that a caller cannot feel its way to the token.
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown.ToString()), Encoding.UTF8.GetBytes(Options.Token)))
        {
            return AuthenticateResult.Fail("The API token is not this application's.");
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, SchemeName)], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}
