namespace DaprShop.Contracts.Events;

/// <summary>What a consumer knows of a message that it has not handled.</summary>
/// <param name="Attempts">How often it has failed.</param>
/// <param name="Reason">Of the last time.</param>
/// <param name="At">The last time.</param>
public sealed record DeliveryFailure(int Attempts, string Reason, DateTimeOffset At);
