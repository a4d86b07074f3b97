using System.Text.RegularExpressions;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>
/// What a client of the gateway does not see but whoever is on the machine can ask: the services' own ports, the sidecars' APIs and the
/// payment provider. Some of it succeeds, with keys and values that are canaries, and most is refused.
/// </summary>
internal sealed partial class InnerRoutes(CanarySender sender, RunningShop shop)
{
    /// <summary>
    /// Method, address and body. <c>{}</c> stands for a canary, and so does <c>{name}</c> unless the token is right: what the shop's own
    /// programs name their topics, hosts, workflows and orders is no secret.
    /// </summary>
    private static readonly string[] OfSidecars =
    [
        "GET /v1.0/state/statestore/{}",
        "GET /v1.0/state/statestore/{}?metadata.partitionKey={}&consistency={}",
        "GET /v1.0/state/{}/{}",
        "DELETE /v1.0/state/statestore/{}",
        """POST /v1.0/state/statestore [{"key":"{}","value":"{}"}]""",
        """POST /v1.0/state/statestore [{"key":"{}||{}","value":"{}"}]""",
        """POST /v1.0/state/statestore [{"key":"{}","value":"{}","etag":"{}"}]""",
        """POST /v1.0/state/statestore [{"key":"{}","etag":{"{}":1}""",
        "POST /v1.0/state/statestore {}",
        """POST /v1.0/state/statestore/bulk {"keys":["{}","{}"]}""",
        """POST /v1.0/state/statestore/transaction {"operations":[{"operation":"{}","request":{"key":"{}"}}]}""",
        """PUT /v1.0-alpha1/state/statestore/query {"filter":{"EQ":{"{}":"{}"}}}""",
        "GET /v1.0/secrets/secretstore/{}",
        "GET /v1.0/secrets/secretstore/jwt-signing-key?metadata.x={}",
        "GET /v1.0/secrets/secretstore/bulk?metadata.x={}",
        "GET /v1.0/secrets/{}/{}",
        """POST /v1.0/publish/pubsub/{name} {"user":"{}"}""",
        """POST /v1.0/publish/{}/orders {"user":"{}"}""",
        """POST /v1.0/publish/pubsub/unheard?metadata.ttlInSeconds={} {"user":"{}"}""",
        """POST /v1.0/publish/bulk/pubsub/unheard [{"entryId":"{}","event":"{}","contentType":"{}"}]""",
        "GET /v1.0/invoke/catalog/method/api/v1/products/{}?email={}",
        "GET /v1.0/invoke/catalog/method/{}/{}?token={}",
        "GET /v1.0/invoke/{}/method/{}",
        "GET /v1.0/invoke/http://{name}.invalid/method/{}",
        """POST /v1.0/invoke/payment/method/internal/payments/charge {"orderId":"{}","userId":"{}","source":"{}"}""",
        """POST /v1.0/bindings/{} {"operation":"{}","data":"{}"}""",
        """POST /v1.0/bindings/mail {"operation":"create","data":"{}","metadata":{"emailTo":"{}@mail.example","subject":"{}"}}""",
        """POST /v1.0/bindings/mail {"operation":"{}","data":"{}"}""",
        """POST /v1.0-alpha1/lock/lockstore {"resourceId":"{}","lockOwner":"{}","expiryInSeconds":5}""",
        """POST /v1.0-alpha1/lock/{} {"resourceId":"{}","lockOwner":"{}","expiryInSeconds":"{}"}""",
        """POST /v1.0-alpha1/unlock/lockstore {"resourceId":"{}","lockOwner":"{}"}""",
        "GET /v1.0/configuration/configstore?key={}",
        "GET /v1.0/configuration/{}?key={}",
        "GET /v1.0/actors/{}/{}/state/{}",
        """POST /v1.0/actors/{}/{}/reminders/{} {"data":"{}","dueTime":"{}"}""",
        """POST /v1.0-alpha1/jobs/{} {"schedule":"{}","data":{"@type":"{}"}}""",
        "GET /v1.0-alpha1/jobs/{}",
        "DELETE /v1.0-alpha1/jobs/{}",
        "GET /v1.0/workflows/dapr/{}",
        "POST /v1.0/workflows/dapr/{name}/start?instanceID={name} {}",
        """POST /v1.0/workflows/dapr/{}/raiseEvent/{} {"card":"{}"}""",
        "POST /v1.0/workflows/dapr/{}/terminate",
        "PUT /v1.0/metadata/watched {}",
        "GET /v1.0/{}/{}",
        "GET /{}",
        "{} /v1.0/metadata",
    ];

    /// <summary>The sidecar looks for a host of such actors for seconds: once is enough.</summary>
    private static readonly string[] OfOneSidecar = ["""POST /v1.0/actors/{}/{}/method/{} {"card":"{}"}"""];

    private static readonly string[] OfApps =
    [
        "GET /{}/{}?email={}",
        """POST /api/v1/orders {"card":"{}""",
        """PUT /api/v1/products/{} {"name":{"{}":"{}"}}""",
        """POST /webhooks/provider {"id":"{}","type":"{}"}""",
        "GET /internal/sold-out/{}?x={}",
        "GET /internal/sales/{}",
        """POST /internal/payments/charge {"orderId":"{name}","userId":"{}","amount":{"amount":1,"currency":"CNY"},"source":"{}"}""",
        """POST /internal/payments/poll {"orderId":"{name}","userId":"{}","amount":{"amount":1,"currency":"CNY"}}""",
        """POST /internal/products/prices {"skus":["{}"]}""",
        """POST /internal/orders/ensure {"orderId":"{}"}""",
        """POST /internal/reservations/batch [{"{}":"{}"}]""",
        """POST /job/{} {"to":"{}"}""",
        """POST /job/mail-{} {"to":"{}@mail.example","subject":"{}"}""",
        "GET /health?token={}",
        "GET /alive?token={}",
        "GET /dapr/config?token={}",
        "{} /health",
    ];

    private static readonly string[] OfTheProvider =
    [
        """POST /v1/charges {"idempotencyKey":"{}","amount":100,"currency":"CNY","source":"tok_ok","reference":"{}@mail.example"}""",
        """POST /v1/charges {"idempotencyKey":"{}","amount":100,"currency":"CNY","source":"tok_async","reference":"{}@mail.example"}""",
        """POST /v1/charges {"idempotencyKey":"{}","amount":100,"currency":"CNY","source":"tok_error_then_ok","reference":"{}@mail.example"}""",
        """POST /v1/charges {"idempotencyKey":"{}","amount":100,"currency":"{}","source":"tok_{}","reference":"{}"}""",
        """POST /v1/charges {"card":"{}"}""",
        """POST /v1/charges {"amount":"{}""",
        "GET /v1/charges?reference={}",
        "GET /v1/charges?email={}",
        """POST /v1/refunds {"idempotencyKey":"{}","chargeId":"ch_{}","amount":1}""",
        """POST /v1/refunds {"{}":"{}"}""",
        "GET /v1/ledger?email={}",
        "GET /v1/faults?email={}",
        """PUT /v1/faults {"{}":"{}"}""",
        "DELETE /v1/faults?email={}",
        "GET /v1/{}",
        "GET /{}/{}",
    ];

    private static readonly string[] OfTheGateway =
    [
        "GET /docs?email={}",
        "GET /docs/{}",
        "GET /openapi/v1.json?email={}",
        "GET /openapi/{}",
        "GET /swagger?email={}",
        "GET /{}/{}?token={}",
        "OPTIONS /api/v1/orders?email={}",
    ];

    public async Task SendAsync()
    {
        foreach (var app in CanaryShop.Apps)
        {
            await SendAllAsync("sidecar", shop.Sidecar(app), OfSidecars, token: null);
            await SendAllAsync("sidecar", shop.Sidecar(app), OfSidecars, CanaryShop.ApiToken);
            await SendAllAsync("app", shop.App(app), OfApps, token: null);
            await SendAllAsync("app", shop.App(app), OfApps, CanaryShop.AppToken);
        }

        await SendAllAsync("sidecar", shop.Sidecar("order"), OfOneSidecar, CanaryShop.ApiToken);
        await SendAllAsync("provider", shop.Provider, OfTheProvider, token: null);
        await SendAllAsync("gateway", shop.Gateway, OfTheGateway, token: null);
    }

    /// <param name="token">The right one; null: a canary instead.</param>
    private async Task SendAllAsync(string route, string address, IEnumerable<string> requests, string? token)
    {
        foreach (var request in requests)
        {
            var words = Hole().Replace(request, hole => hole.Length > 2 && token is not null ? "watched" : sender.Book.Id()).Split(' ', 3);
            await sender.SendAsync(
                route, words[0], address + words[1], words.Length > 2 ? CanarySender.Json(words[2]) : null,
                ("dapr-api-token", token ?? sender.Book.Secret()), ("shop-user", sender.Book.Mail()), ("shop-role", "operator"));
        }
    }

    [GeneratedRegex(@"\{(name)?\}")]
    private static partial Regex Hole();
}
