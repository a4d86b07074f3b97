using DaprShop.Provider.Ledger;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Provider.Webhooks;

/// <summary>The webhooks that charges and refunds give rise to.</summary>
internal static class ChargeEvents
{
    public const string ChargeSucceeded = "charge.succeeded";
    public const string RefundSucceeded = "refund.succeeded";

    /// <summary>The same event, <paramref name="times"/> over.</summary>
    public static IEnumerable<Entry> Succeeded(ChargeOpened charge, DateTimeOffset now, int times) =>
        Enumerable.Range(1, times).Select(copy =>
            Queue(now, $"succeeded-{copy}", EventId(charge.ChargeId), ChargeSucceeded, charge.ChargeId, charge.Amount) with { TraceParent = charge.TraceParent });

    /// <summary>Claims the success before there is one: whoever takes it without checking the signature books money that is not there.</summary>
    public static Entry Forged(ChargeOpened charge, DateTimeOffset now) =>
        Queue(now, "forged", EventId(charge.ChargeId), ChargeSucceeded, charge.ChargeId, charge.Amount) with { Forged = true };

    public static WebhookQueued Refunded(RefundMade refund) =>
        Queue(refund.At, "refunded", EventId(refund.RefundId), RefundSucceeded, refund.ChargeId, refund.Amount) with
        {
            DeliveryId = DerivedIds.Of("delivery", refund.RefundId),
        };

    private static string EventId(string subject) => "evt_" + DerivedIds.Of("event", subject);

    private static WebhookQueued Queue(DateTimeOffset now, string delivery, string eventId, string type, string chargeId, long amount) =>
        new(now, DerivedIds.Of("delivery", chargeId, delivery), eventId, type, chargeId, amount, Forged: false);
}
