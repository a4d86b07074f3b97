using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Sidecar.Components.Middleware.Bearer;

/// <summary>
/// The issuer's public keys, fetched at the start and kept. A key id that is not among them fetches again, but rarely: anybody can
/// make up key ids, and each must not become a request to the issuer.
/// </summary>
internal sealed partial class IssuerKeys(BearerOptions options, HttpClient http, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile IReadOnlyList<SecurityKey> _keys = [];
    private Uri? _address = options.JwksUrl;
    private DateTimeOffset _asked;

    /// <summary>Throws <see cref="ComponentException"/> when there are no keys to check tokens with.</summary>
    public async Task FetchAsync(CancellationToken cancellationToken)
    {
        _asked = clock.GetUtcNow();
        try
        {
            _address ??= await DiscoverAsync(cancellationToken);
            _keys = [.. new JsonWebKeySet(await http.GetStringAsync(_address, cancellationToken)).GetSigningKeys()];
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or ArgumentException or InvalidOperationException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ComponentException(ComponentFault.Failed, $"the keys of {options.Issuer} cannot be fetched from {_address ?? options.Discovery}: {exception.Message}", exception);
        }
    }

    /// <summary>The keys that may have signed a token; those known so far stay good while the issuer is down.</summary>
    public async ValueTask<IReadOnlyList<SecurityKey>> ForAsync(string? keyId, CancellationToken cancellationToken)
    {
        var age = clock.GetUtcNow() - _asked;
        var isKnown = string.IsNullOrEmpty(keyId) || _keys.Any(key => key.KeyId == keyId);
        if (age < (isKnown ? Fresh : Apart))
        {
            return _keys;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() - _asked >= Apart)
            {
                await FetchAsync(cancellationToken);
            }
        }
        catch (ComponentException exception)
        {
            LogNotFetched(logger, exception.Message);
        }
        finally
        {
            _gate.Release();
        }

        return _keys;
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Uri> DiscoverAsync(CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(await http.GetStringAsync(options.Discovery, cancellationToken));
        var issuer = document.RootElement.TryGetProperty("issuer", out var named) ? named.GetString() : null;
        if (issuer != options.Issuer)
        {
            throw new InvalidOperationException($"the document there is of issuer '{issuer}'");
        }

        return document.RootElement.TryGetProperty("jwks_uri", out var address) && Uri.TryCreate(address.GetString(), UriKind.Absolute, out var uri)
            ? uri
            : throw new InvalidOperationException("the document there names no jwks_uri");
    }

    [LoggerMessage(LogLevel.Warning, "Tokens are checked with older keys: {Reason}")]
    private static partial void LogNotFetched(ILogger logger, string reason);
}
