using DaprShop.Contracts;

namespace DaprShop.Tests.Simulation.Load;

/// <summary>What the catalogue says, and the checker expects.</summary>
internal static class Prices
{
    public static Money Of(string sku) => new(1000 + (sku[^1] * 7), "CNY");
}
