using System.Globalization;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Metrics;

/// <summary>What a sidecar's metrics port tells.</summary>
internal static class MetricsPage
{
    public static async Task<string[]> ReadAsync(RunningSidecar sidecar)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{sidecar.Host.Options.MetricsPort}/metrics");
        return (await sidecar.Http.GetStringAsync(new Uri(address))).Split('\n');
    }

    /// <summary>Waits until all these lines are there: what happens in the background is counted after the app has seen it.</summary>
    public static Task<string[]> ShowsAsync(RunningSidecar sidecar, params string[] lines) =>
        Eventually.Get(() => ReadAsync(sidecar), page => lines.All(line => page.Contains(line)));
}
