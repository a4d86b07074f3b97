namespace DaprShop.Contracts;

/// <summary>An amount of money.</summary>
/// <param name="Amount">Integer minor units, such as fen for CNY.</param>
/// <param name="Currency">ISO 4217 code, such as <c>CNY</c>.</param>
public sealed record Money(long Amount, string Currency);
