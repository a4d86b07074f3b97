using System.Security.Claims;
using DaprShop.ServiceDefaults.Http;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DaprShop.Gateway.Authentication;

/// <summary>Decides whether a bearer token is good, and who it speaks for.</summary>
internal sealed class TokenValidator(
    IOptions<TokenOptions> options, SigningKey ownKey, JwksKeys issuerKeys, KnownTokens known, TimeProvider clock)
{
    public const string Scheme = "Bearer";

    // Longer than any token an issuer makes for an API. Checked before anything is decoded.
    private const int LongestToken = 8 * 1024;
    private const int LongestUser = 128;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
    private static readonly string[] OwnAlgorithms = [SecurityAlgorithms.HmacSha256];
    private static readonly string[] IssuerAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];

    private readonly JsonWebTokenHandler _handler = new();
    private readonly TokenOptions _options = options.Value;

    /// <returns>The caller, or null when the token is no good; why is nobody's business but the log's.</returns>
    public async Task<ClaimsPrincipal?> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        if (known.Find(token) is { } user)
        {
            return user;
        }

        // Three segments: five would be an encrypted token, whose decompression the library does before it trusts anything.
        if (token.Length > LongestToken || token.Count(c => c == '.') != 2 || Read(token) is not { } unverified)
        {
            return null;
        }

        var algorithms = _options.IsExternal ? IssuerAlgorithms : OwnAlgorithms;
        if (!algorithms.Contains(unverified.Alg) || unverified.TryGetHeaderValue<object>("crit", out _))
        {
            return null;
        }

        var key = _options.IsExternal
            ? await issuerKeys.FindAsync(string.IsNullOrEmpty(unverified.Kid) ? null : unverified.Kid, unverified.Alg, cancellationToken)
            : ownKey.Value;
        if (key is null || Verify(token, key, algorithms) is not { } verified || Principal(verified) is not { } principal)
        {
            return null;
        }

        known.Keep(token, principal, new DateTimeOffset(verified.ValidTo, TimeSpan.Zero) + ClockSkew);
        return principal;
    }

    private JsonWebToken? Read(string token)
    {
#pragma warning disable CA1031 // The text is a stranger's: whatever the parser makes of it, it is not a token.
        try
        {
            return _handler.ReadJsonWebToken(token);
        }
        catch (Exception)
        {
            return null;
        }
#pragma warning restore CA1031
    }

    private JsonWebToken? Verify(string token, SecurityKey key, string[] algorithms)
    {
        var result = _handler.ValidateToken(token, new TokenValidationParameters
        {
            ValidIssuer = _options.Issuer,
            ValidAudience = _options.Audience,
            ValidAlgorithms = algorithms,
            IssuerSigningKey = key,
            CryptoProviderFactory = SignatureProviders.Uncached,
            TryAllIssuerSigningKeys = true,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = IsCurrent,
        });
        return result.IsValid ? (JsonWebToken)result.SecurityToken : null;
    }

    private bool IsCurrent(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + ClockSkew && (notBefore is not { } start || now > start - ClockSkew);
    }

    private ClaimsPrincipal? Principal(JsonWebToken token)
    {
        // Escaped, because an issuer's subject may hold anything and a user id becomes part of headers and keys.
        var user = Uri.EscapeDataString(token.Subject ?? "");
        if (user.Length is 0 or > LongestUser)
        {
            return null;
        }

        var isOperator = token.Claims.Any(claim => claim.Type == _options.RoleClaim && claim.Value == ShopCaller.Operator);
        return new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim(ShopClaims.User, user), new Claim(ShopClaims.Role, isOperator ? ShopCaller.Operator : ShopCaller.Customer)],
            Scheme, ShopClaims.User, ShopClaims.Role));
    }
}
