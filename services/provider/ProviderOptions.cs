using System.ComponentModel.DataAnnotations;

namespace DaprShop.Provider;

/// <summary>Settings under <c>Provider:</c>.</summary>
internal sealed class ProviderOptions
{
    /// <summary>Where the ledger lies; <c>PROVIDER_DATA</c> wins over it.</summary>
    [Required]
    public string DataDirectory { get; set; } = Path.Combine(".dapr", "provider");

    /// <summary>Where webhooks go.</summary>
    [Required, Url]
    public string WebhookUrl { get; set; } = "http://localhost:8080/webhooks/provider";

    /// <summary>Signs webhooks; the merchant holds the same secret.</summary>
    [Required, MinLength(8)]
    public string WebhookSecret { get; set; } = "whsec_demo_provider_secret";

    /// <summary>How long a <c>processing</c> charge takes.</summary>
    public TimeSpan ProcessingTime { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long a charge of <c>tok_webhook_late</c> takes: longer than the merchant waits.</summary>
    public TimeSpan LateAfter { get; set; } = TimeSpan.FromMinutes(16);

    /// <summary>How long <c>tok_slow</c> keeps the caller waiting.</summary>
    public TimeSpan SlowAnswer { get; set; } = TimeSpan.FromSeconds(5);
}
