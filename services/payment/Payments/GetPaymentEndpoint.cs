using DaprShop.Contracts.Api;
using DaprShop.Contracts.Payments;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Payment.Payments;

internal static class GetPaymentEndpoint
{
    public static void MapGetPayment(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/payments/{orderId}", HandleAsync);

    internal static async Task<IResult> HandleAsync(
        string orderId, ShopCaller caller, PaymentProcess payments, CancellationToken cancellationToken)
    {
        var payment = await payments.ReadAsync(orderId, cancellationToken);
        return payment is null || (!caller.IsOperator && caller.UserId != payment.UserId)
            ? Problems.NotFound($"There is no payment for order {orderId}.")
            : TypedResults.Ok(View(payment));
    }

    /// <summary>Voided is our word for "closed unpaid": the API shows it as Failed.</summary>
    private static PaymentView View(PaymentDocument payment) => new(
        payment.PaymentId,
        payment.OrderId,
        payment.Status == PaymentStatus.Voided ? nameof(PaymentStatus.Failed) : payment.Status.ToString(),
        payment.Amount,
        payment.Attempts);
}
