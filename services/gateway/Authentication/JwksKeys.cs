using DaprShop.ServiceDefaults.Faults;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace DaprShop.Gateway.Authentication;

/// <summary>
/// The external issuer's public keys, fetched when needed and kept. An unknown key id fetches again, but rarely: anybody can make up
/// key ids, and each must not become a request to the issuer.
/// </summary>
internal sealed partial class JwksKeys(IHttpClientFactory clients, IOptions<TokenOptions> options, TimeProvider clock, ILogger<JwksKeys> logger)
    : IDisposable
{
    public const string Client = "jwks";

    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile IReadOnlyList<JsonWebKey> _keys = [];
    private DateTimeOffset _asked = DateTimeOffset.MinValue;
    private DateTimeOffset _fetched = DateTimeOffset.MinValue;

    /// <returns>The key, or null when the issuer has none of that id and algorithm.</returns>
    public async Task<SecurityKey?> FindAsync(string? keyId, string algorithm, CancellationToken cancellationToken)
    {
        if (Pick(keyId, algorithm) is { } known && clock.GetUtcNow() - _fetched < Fresh)
        {
            return known;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() - _asked >= Apart)
            {
                _asked = clock.GetUtcNow();
                await FetchAsync(cancellationToken);
            }
        }
        finally
        {
            _gate.Release();
        }

        return _keys.Count > 0
            ? Pick(keyId, algorithm)
            : throw new DependencyUnavailableException("The token issuer has not given its keys yet.");
    }

    public void Dispose() => _gate.Dispose();

    // An algorithm only ever meets a key of its own family, whatever the token's header claims.
    private JsonWebKey? Pick(string? keyId, string algorithm)
    {
        var family = algorithm switch
        {
            SecurityAlgorithms.RsaSha256 => JsonWebAlgorithmsKeyTypes.RSA,
            SecurityAlgorithms.EcdsaSha256 => JsonWebAlgorithmsKeyTypes.EllipticCurve,
            _ => null,
        };
        var fitting = _keys.Where(key => key.Kty == family && key.Use is null or "sig" && (keyId is null || key.Kid == keyId)).ToArray();
        // A token without a key id is clear only while there is one key it can mean.
        return fitting.Length == 1 || (keyId is not null && fitting.Length > 0) ? fitting[0] : null;
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = clients.CreateClient(Client);
            var json = await client.GetStringAsync(options.Value.JwksUri, cancellationToken);
            _keys = [.. new JsonWebKeySet(json).Keys];
            _fetched = clock.GetUtcNow();
        }
        catch (Exception fault) when (fault is HttpRequestException or ArgumentException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The keys known so far stay good: an issuer that is down must not lock everybody out.
            LogNotFetched(logger, options.Value.JwksUri!, fault.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The keys of {JwksUri} could not be fetched: {Reason}")]
    private static partial void LogNotFetched(ILogger logger, string jwksUri, string reason);
}
