using System.Globalization;

namespace DaprShop.Tests.Servers;

/// <summary>Names that no other test, run or machine uses: a real server outlives the test and remembers.</summary>
internal static class UniqueName
{
    private static readonly string Run = Guid.NewGuid().ToString("N")[..8];
    private static int _count;

    /// <summary>Letters, digits and hyphens only, so that every server takes it.</summary>
    public static string Next(string prefix) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Run}-{Interlocked.Increment(ref _count)}");
}
