namespace DaprShop.Contracts.Api;

/// <param name="Kind">Such as <c>order-confirmed</c>.</param>
public sealed record NotificationView(string Id, string Kind, string OrderId, string Title, string Text, DateTimeOffset CreatedAt);
