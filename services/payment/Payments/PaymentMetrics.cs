using System.Diagnostics.Metrics;
using DaprShop.Contracts.Payments;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Payment.Payments;

/// <summary>What becomes of payments, and of the provider's webhooks.</summary>
internal sealed class PaymentMetrics
{
    /// <summary>From the request for a payment to its <c>outcome</c>: succeeded, failed, voided, refunded. The count of each is how many ended so.</summary>
    public const string Duration = "shop.payment.duration";

    /// <summary>By <c>outcome</c>: settled, ignored, unsigned, unreadable, unknown-order, wrong-amount, unpublished.</summary>
    public const string Webhooks = "shop.webhooks";

    private readonly Histogram<double> _durations;
    private readonly Counter<long> _webhooks;

    public PaymentMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(ShopActivity.SourceName);
        _durations = meter.CreateDurations(Duration, "From the request for a payment to its outcome.");
        _webhooks = meter.CreateCounter<long>(Webhooks, "{webhook}", "Webhooks of the provider by what became of them.");
    }

    /// <param name="payment">As it stands since now.</param>
    public void Became(PaymentDocument payment, DateTimeOffset now)
    {
        if (Text(payment.Status) is { } outcome)
        {
            _durations.Record((now - payment.CreatedAt).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    public void Count(string webhookOutcome) => _webhooks.Add(1, new KeyValuePair<string, object?>("outcome", webhookOutcome));

    private static string? Text(PaymentStatus status) => status switch
    {
        PaymentStatus.Succeeded => "succeeded",
        PaymentStatus.Failed => "failed",
        PaymentStatus.Voided => "voided",
        PaymentStatus.Refunded => "refunded",
        _ => null,
    };
}
