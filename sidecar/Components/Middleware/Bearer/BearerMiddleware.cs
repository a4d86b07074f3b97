using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Sidecar.Components.Middleware.Bearer;

/// <summary>
/// middleware.http.bearer: lets requests pass that bring a token of the <c>issuer</c> for the <c>audience</c>, signed with one of the
/// issuer's public keys. The keys come from <c>jwksURL</c>, or from where the issuer's discovery document says.
/// </summary>
internal sealed partial class BearerMiddleware : IHttpMiddleware
{
    private const string Scheme = "Bearer ";

    // Longer than any token that is meant for a header. Checked before anything is decoded.
    private const int LongestToken = 16 * 1024;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private static readonly MiddlewareAnswer Refusal = new(StatusCodes.Status401Unauthorized, "Unauthorized");

    // Public keys only: a shared secret among the issuer's keys would let anybody who can read them sign.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    // The library's cache disposes a verifier that requests share when two of them make the first for a key at once.
    private static readonly CryptoProviderFactory Uncached = new() { CacheSignatureProviders = false };

    private readonly BearerOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ActivityHeadersPropagator = null });
    private readonly ILogger _logger;
    private readonly IssuerKeys _keys;
    private readonly JsonWebTokenHandler _tokens = new();

    private BearerMiddleware(BearerOptions options, ComponentContext context)
    {
        (_options, _clock) = (options, context.Clock);
        _logger = context.Loggers.CreateLogger<BearerMiddleware>();
        _keys = new IssuerKeys(options, _http, context.Clock, _logger);
    }

    public bool IsRemote => true;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var metadata = new ComponentMetadata(spec, errors);
        var options = BearerOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        return options is null ? null : new BearerMiddleware(options, context);
    }

    public Task InitAsync(CancellationToken cancellationToken) => _keys.FetchAsync(cancellationToken);

    public async ValueTask<MiddlewareAnswer?> CheckAsync(MiddlewareRequest request, CancellationToken cancellationToken)
    {
        var authorization = request.Header("Authorization");
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && await IsGoodAsync(authorization[Scheme.Length..].Trim(), cancellationToken)
            ? null
            : Refusal;
    }

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> IsGoodAsync(string token, CancellationToken cancellationToken)
    {
        // Three segments: five would be an encrypted token, whose decompression the library does before it trusts anything.
        if (token.Length > LongestToken || token.Count(character => character == '.') != 2 || Read(token) is not { } unverified
            || unverified.TryGetHeaderValue<object>("crit", out _))
        {
            return false;
        }

        var result = _tokens.ValidateToken(token, new TokenValidationParameters
        {
            ValidIssuer = _options.Issuer,
            ValidAudience = _options.Audience,
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = await _keys.ForAsync(unverified.Kid, cancellationToken),
            TryAllIssuerSigningKeys = true,
            CryptoProviderFactory = Uncached,
            RequireSignedTokens = true,
            RequireExpirationTime = false,
            LifetimeValidator = IsCurrent,
        });
        if (!result.IsValid)
        {
            LogRefused(_logger, result.Exception.Message);
        }

        return result.IsValid;
    }

    private JsonWebToken? Read(string token)
    {
#pragma warning disable CA1031 // The text is a stranger's: whatever the parser makes of it, it is not a token.
        try
        {
            return _tokens.ReadJsonWebToken(token);
        }
        catch (Exception)
        {
            return null;
        }
#pragma warning restore CA1031
    }

    // As in daprd, a token that never expires is good. A missing notBefore is the first of all times, from which nothing can be taken away.
    private bool IsCurrent(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return (expires is not { } end || now - ClockSkew < end) && (notBefore is not { } start || now + ClockSkew > start);
    }

    [LoggerMessage(LogLevel.Debug, "A token is refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
