using System.Text.Json;
using DaprShop.Contracts.Payments;
using DaprShop.Payment.Payments;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Payment.Webhooks;

/// <summary>
/// The provider tells what became of a charge. Anything but 204 makes it send again, so 204 is only answered once the
/// outcome, and what follows from it, is durable.
/// </summary>
internal static partial class ProviderWebhookEndpoint
{
    public static void MapProviderWebhook(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/webhooks/provider", HandleAsync);

    internal static async Task<IResult> HandleAsync(
        HttpContext context,
        WebhookSecrets secrets,
        PaymentProcess payments,
        PaymentMetrics metrics,
        TimeProvider clock,
        ILogger<ProviderWebhook> logger,
        CancellationToken cancellationToken)
    {
        // The signature is over the bytes as sent: they are read before anything parses them.
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);
        var header = context.Request.Headers[WebhookSignature.Header].ToString();
        var keys = await secrets.ReadAsync(cancellationToken);
        if (!WebhookSignature.IsValid(header, bytes.Span, keys, clock.GetUtcNow()))
        {
            LogRefused(logger);
            metrics.Count("unsigned");
            return Problems.Validation(
                WebhookSignature.Header,
                "is missing, wrong or older than 300 seconds: send t=<unix seconds>,v1=<hex HMAC-SHA256 of \"t.body\"> made with the current secret");
        }

        if (Parse(bytes.Span) is not { } webhook)
        {
            metrics.Count("unreadable");
            return Problems.Validation("$", "must be an event of the provider as JSON");
        }

        if (Outcome(webhook) is not { } outcome)
        {
            LogIgnored(logger, webhook.Type, webhook.Id);
            metrics.Count("ignored");
            return TypedResults.NoContent();
        }

        var payment = await payments.ReadAsync(webhook.Reference, cancellationToken);
        if (payment is null)
        {
            LogUnknownOrder(logger, webhook.Id);
            metrics.Count("unknown-order");
            return TypedResults.NoContent();
        }

        if (payment.Amount != new Contracts.Money(webhook.Amount, webhook.Currency))
        {
            LogWrongAmount(logger, webhook.Id, webhook.Reference);
            metrics.Count("wrong-amount");
            return Problems.Validation("amount", "is not the amount and currency of this order's charge");
        }

        var settled = await payments.SettleAsync(webhook.Reference, outcome, cancellationToken);
        metrics.Count(settled.Unpublished.Count == 0 ? "settled" : "unpublished");
        return settled.Unpublished.Count == 0
            ? TypedResults.NoContent()
            : throw new DependencyUnavailableException("pubsub");
    }

    private static ChargeOutcome? Outcome(ProviderWebhook webhook) => webhook.Type switch
    {
        "charge.succeeded" => new ChargeOutcome(webhook.ChargeId, ChargeStatus.Succeeded),
        "charge.failed" => new ChargeOutcome(webhook.ChargeId, ChargeStatus.Declined, "declined"),
        _ => null,
    };

    private static ProviderWebhook? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var webhook = JsonSerializer.Deserialize<ProviderWebhook>(body, ShopJson.Documents);
            return webhook is { Id: not null, Type: not null, Reference: not null, Currency: not null } ? webhook : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A webhook was refused: its signature is not the provider's")]
    private static partial void LogRefused(ILogger logger);

    [LoggerMessage(LogLevel.Information, "Webhook {WebhookId} of type {Type} needs nothing done")]
    private static partial void LogIgnored(ILogger logger, string type, string webhookId);

    [LoggerMessage(LogLevel.Warning, "Webhook {WebhookId} is about something that was never charged")]
    private static partial void LogUnknownOrder(ILogger logger, string webhookId);

    [LoggerMessage(LogLevel.Error, "Webhook {WebhookId} names another amount than the payment of order {OrderId}")]
    private static partial void LogWrongAmount(ILogger logger, string webhookId, string orderId);
}
