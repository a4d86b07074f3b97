namespace DaprShop.Contracts.Payments;

/// <summary><c>POST /v1/charges</c> of the payment provider.</summary>
/// <param name="Amount">Minor units.</param>
/// <param name="Source">What to charge; in the sandbox a token that steers the outcome.</param>
/// <param name="Reference">The merchant's own name for it: the order id.</param>
public sealed record CreateCharge(string IdempotencyKey, long Amount, string Currency, string Source, string Reference);

/// <param name="Status"><c>succeeded</c>, <c>declined</c> or <c>processing</c>.</param>
public sealed record ChargeAnswer(string Id, string Status);

/// <summary>One charge as <c>GET /v1/charges?reference=</c> lists it.</summary>
/// <param name="Refunded">Minor units given back so far.</param>
public sealed record ProviderCharge(
    string Id, string Status, long Amount, string Currency, string Source, string Reference, long Refunded, DateTimeOffset CreatedAt);

public sealed record ProviderCharges(IReadOnlyList<ProviderCharge> Items);

/// <summary><c>POST /v1/refunds</c> of the payment provider.</summary>
public sealed record CreateRefund(string IdempotencyKey, string ChargeId, long Amount);

/// <param name="Status"><c>succeeded</c>.</param>
public sealed record RefundAnswer(string Id, string Status);

/// <summary>The body of the provider's webhook, signed in <c>Provider-Signature: t=..,v1=..</c>.</summary>
/// <param name="Id">The same for every delivery of one event.</param>
/// <param name="Type"><c>charge.succeeded</c>, <c>charge.failed</c> or <c>refund.succeeded</c>.</param>
public sealed record ProviderWebhook(
    string Id, string Type, string ChargeId, string Reference, long Amount, string Currency, DateTimeOffset CreatedAt);
