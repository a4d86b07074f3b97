namespace DaprShop.Contracts.Api;

/// <param name="Status">Pending, Succeeded, Failed or Refunded; a voided payment shows as Failed.</param>
public sealed record PaymentView(string PaymentId, string OrderId, string Status, Money Amount, int Attempts);
