using System.Net.Http.Headers;
using System.Text.Json;
using DaprShop.Contracts.Payments;
using DaprShop.Provider.Ledger;
using DaprShop.ServiceDefaults.Json;
using Microsoft.Extensions.Options;

namespace DaprShop.Provider.Webhooks;

/// <summary>One attempt to deliver one webhook.</summary>
internal sealed partial class WebhookSender(
    HttpClient http, IOptions<ProviderOptions> options, TimeProvider clock, ILogger<WebhookSender> logger)
{
    /// <returns>True when the merchant answered 2xx.</returns>
    public async Task<bool> TrySendAsync(WebhookQueued webhook, ChargeOpened charge, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ProviderWebhook(webhook.EventId, webhook.Type, charge.ChargeId, charge.Reference, webhook.Amount, charge.Currency, webhook.At),
            ShopJson.Documents);
        var secret = webhook.Forged ? "not-" + options.Value.WebhookSecret : options.Value.WebhookSecret;
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.WebhookUrl) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Sign(secret, clock.GetUtcNow(), body));
        try
        {
            using var answer = await http.SendAsync(request, cancellationToken);
            LogSent(logger, webhook.Type, charge.ChargeId, (int)answer.StatusCode, webhook.Forged);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (
            fault is HttpRequestException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogNotSent(logger, webhook.Type, charge.ChargeId, fault.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Webhook {Type} of charge {ChargeId} was answered {StatusCode} (forged: {Forged})")]
    private static partial void LogSent(ILogger logger, string type, string chargeId, int statusCode, bool forged);

    [LoggerMessage(LogLevel.Information, "Webhook {Type} of charge {ChargeId} found nobody: {Reason}")]
    private static partial void LogNotSent(ILogger logger, string type, string chargeId, string reason);
}
