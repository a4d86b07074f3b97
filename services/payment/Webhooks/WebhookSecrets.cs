using Dapr.Client;

namespace DaprShop.Payment.Webhooks;

/// <summary>The keys webhooks are signed with, from the secret store; comma-separated while they are rotated.</summary>
internal sealed class WebhookSecrets(DaprClient dapr)
{
    private const string Store = "secretstore";
    private const string Name = "provider-webhook-secret";

    private volatile IReadOnlyList<string>? _secrets;

    public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_secrets is { } known)
        {
            return known;
        }

        var secret = await dapr.GetSecretAsync(Store, Name, cancellationToken: cancellationToken);
        return _secrets = secret[Name].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
