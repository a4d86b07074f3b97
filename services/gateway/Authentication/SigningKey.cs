using System.Text;
using Dapr;
using Dapr.Client;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.IdentityModel.Tokens;

namespace DaprShop.Gateway.Authentication;

/// <summary>The key of the gateway's own tokens; it comes from the secret store soon after the start.</summary>
internal sealed class SigningKey
{
    public const int LeastBytes = 32;

    private volatile SymmetricSecurityKey? _key;

    public bool IsKnown => _key is not null;

    /// <exception cref="DependencyUnavailableException">The secret store has not answered yet.</exception>
    public SymmetricSecurityKey Value =>
        _key ?? throw new DependencyUnavailableException("The secret store has not given the signing key yet.");

    public void Set(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        if (bytes.Length < LeastBytes)
        {
            throw new InvalidOperationException($"The secret {SigningKeyLoader.Secret} must have {LeastBytes} bytes at least for HS256.");
        }

        _key = new SymmetricSecurityKey(bytes) { CryptoProviderFactory = SignatureProviders.Uncached };
    }
}

/// <summary>Asks until the sidecar and its secret store answer: the two start in any order.</summary>
internal sealed partial class SigningKeyLoader(DaprClient dapr, SigningKey key, TimeProvider clock, ILogger<SigningKeyLoader> logger)
    : BackgroundService
{
    public const string Store = "secretstore";
    public const string Secret = "jwt-signing-key";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var attempt = 1; !key.IsKnown; attempt++)
        {
            try
            {
                key.Set((await dapr.GetSecretAsync(Store, Secret, cancellationToken: stoppingToken))[Secret]);
            }
            catch (Exception fault) when (fault is DaprException or HttpRequestException or KeyNotFoundException)
            {
                // Said once in a while, not four times a second.
                if (attempt % 20 == 0)
                {
                    LogWaiting(logger, Secret, Store, fault.Message);
                }

                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Still waiting for secret {Secret} of {Store}: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string secret, string store, string reason);
}
