using DaprShop.Contracts.Inventory;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Placing;

internal enum IntentStatus
{
    /// <summary>Lines are being reserved under the current attempt.</summary>
    Open,

    /// <summary>Every line was reserved: the order exists.</summary>
    Reserved,

    /// <summary>The attempt was given up; its lines go back. The same key may open another.</summary>
    Refused,
}

/// <summary>
/// An order over several SKUs lies in several stock documents, so one swap of this one decides about it: <c>order/{id}/intent</c>
/// (commit rules R2 and R5). Only the swap's winner answers, or gives the lines back.
/// </summary>
internal sealed record OrderIntent(IntentStatus Status, int Attempt, DateTimeOffset OpenedAt, OrderContent Order)
{
    public string ReservationOf(string sku) => $"{Order.OrderId}:{Attempt}:{sku}";
}

internal static class OrderIntents
{
    /// <summary>
    /// Opens an attempt, or finds the one that is there. A refused attempt was no order: the next one has the prices and the time of its own request.
    /// </summary>
    public static Change<OrderIntent, OrderIntent> Open(OrderIntent? intent, OrderContent order, DateTimeOffset now) =>
        intent switch
        {
            null => Changed(Numbered(new OrderIntent(IntentStatus.Open, Attempt: 1, now, order))),
            { Status: IntentStatus.Refused } when intent.Order.BodyHash == order.BodyHash =>
                Changed(Numbered(new OrderIntent(IntentStatus.Open, intent.Attempt + 1, now, order))),
            _ => Change.None<OrderIntent, OrderIntent>(intent),
        };

    /// <summary>Decides the attempt, once: whoever asks later gets the decision that stands.</summary>
    public static Change<OrderIntent, OrderIntent> Decide(OrderIntent? intent, int attempt, IntentStatus decision)
    {
        var open = intent ?? throw new InvalidOperationException("An intent is decided before it was opened.");
        return open.Status == IntentStatus.Open && open.Attempt == attempt
            ? Changed(open with { Status = decision })
            : Change.None<OrderIntent, OrderIntent>(open);
    }

    private static OrderIntent Numbered(OrderIntent intent) => intent with
    {
        Order = intent.Order with
        {
            Lines = [.. intent.Order.Lines.Select(line => line with { ReservationId = intent.ReservationOf(line.Sku) })],
        },
    };

    private static Change<OrderIntent, OrderIntent> Changed(OrderIntent next) => Change.To(next, next);
}
