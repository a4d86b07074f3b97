using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;
using DaprShop.Tests.EndToEnd.Canaries;

namespace DaprShop.Tests.EndToEnd;

/// <summary>Nothing that people, or the shop's owner, have to trust it with is in what it says of itself.</summary>
[Trait("Set", "any")]
public sealed partial class CanaryTests(CanaryShop watched) : IClassFixture<CanaryShop>
{
    private const string Farewell = "0000000000000000000000000000fa4e";

    /// <summary>Only a shop with the loyalty service has points to answer with.</summary>
    private static readonly string[] NeverSucceed = ["GET /api/v1/points"];

    [Fact]
    public async Task Canaries_ThroughEveryRoute_AreNowhereInLogsTracesAndMetrics()
    {
        using var sender = new CanarySender();
        var document = (await sender.SendAsync("GET /openapi/v1.json", "GET", $"{watched.Shop.Gateway}/openapi/v1.json")).Json;

        await new PublicRefusals(sender, watched.Shop.Gateway).SendAsync(document);
        await new InnerRoutes(sender, watched.Shop).SendAsync();
        await new PublicSuccesses(sender, watched.Shop).SendAsync();
        await AllIsToldAsync();
        var channels = await ChannelsAsync();

        var sent = sender.Book.Sent;
        var routes = Routes(document).ToList();
        Assert.Empty(routes.Except(sent.Where(request => !request.Succeeded).Select(request => request.Route)));
        Assert.Equal(NeverSucceed, routes.Except(sent.Where(request => request.Succeeded).Select(request => request.Route)));
        Assert.InRange(sent.Sum(request => request.Count), 500, int.MaxValue);
        Assert.InRange(sent.Where(request => request.Succeeded).Sum(request => request.Count), 500, int.MaxValue);
        Assert.Empty(Untold(channels));
        var leaks = channels.SelectMany(channel => CanaryShop.Scan.Find(channel.Name, channel.Bytes.Span)).Select(leak => Explain(sender.Book, leak)).ToList();
        Assert.True(leaks.Count == 0, $"{leaks.Count} leaks:\n{string.Join('\n', leaks.DistinctBy(Shape).Take(100))}");
    }

    /// <summary>Every process is asked once more; when what it says of that has arrived, so has all it said before.</summary>
    private async Task AllIsToldAsync()
    {
        using var http = new HttpClient();
        var before = watched.Collector.Exports.Count;
        foreach (var address in CanaryShop.Apps.SelectMany(app => (string[])[$"{watched.Shop.App(app)}/farewell", $"{watched.Shop.Sidecar(app)}/v1.0/metadata"]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Add("traceparent", $"00-{Farewell}-b7ad6b7169203331-01");
            using var answer = await http.SendAsync(request);
        }

        await Eventually.Get(() => watched.Collector.Trace(Farewell).GroupBy(span => span.Service), services => services.Count(spans => spans.Count() >= 2) == CanaryShop.Apps.Count);
        await Eventually.Get(() => watched.Collector.Logs(Farewell).Select(record => record.Service).Distinct(), services => services.Count() == CanaryShop.Apps.Count);
        await Eventually.Get(
            () => CanaryShop.Apps.Where(app => watched.Collector.Exports.Skip(before).Count(export => export.HasMetricsOf(app)) < 2), missing => !missing.Any());
    }

    private async Task<IReadOnlyList<(string Name, ReadOnlyMemory<byte> Bytes)>> ChannelsAsync()
    {
        var channels = watched.Collector.Exports.Select(export => (export.Signal, export.Body)).ToList();
        channels.AddRange(watched.Shop.LogFiles.Select(file => ($"file {Path.GetFileName(file)}", (ReadOnlyMemory<byte>)Read(file))));
        channels.Add(("console", Encoding.UTF8.GetBytes(string.Join('\n', watched.Shop.Console))));
        using var http = new HttpClient();
        foreach (var app in CanaryShop.Apps)
        {
            channels.Add(($"page of {app}", await http.GetByteArrayAsync(new Uri(watched.Shop.Metrics(app)))));
        }

        return channels;
    }

    /// <summary>Channels without what they must hold: that a scan of them finds nothing would say nothing.</summary>
    private static IEnumerable<string> Untold(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Bytes)> channels)
    {
        (string Channel, string Text)[] expected =
        [
            ("traces", "POST /api/v1/orders"), ("traces", "POST /v1.0/state/"), ("logs", "is Confirmed"), ("metrics", "shop.orders.accepted"), ("console", "ready"),
            .. CanaryShop.Apps.SelectMany(app => ((string, string)[])[($"file {app}_app_", "answered"), ($"file {app}_daprd_", "dapr.runtime"), ($"page of {app}", "dapr_http_server")]),
        ];
        return expected
            .Where(pair => !channels.Any(channel =>
                channel.Name.StartsWith(pair.Channel, StringComparison.Ordinal) && new CanaryScan(pair.Text).Find("", channel.Bytes.Span).Count > 0))
            .Select(pair => $"{pair.Channel}: {pair.Text}");
    }

    private static byte[] Read(string file)
    {
        // Its process still writes to it.
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static IEnumerable<string> Routes(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select $"{operation.Name.ToUpperInvariant()} {path.Name}";

    private static string Explain(CanaryBook book, string leak) =>
        Number().Match(leak) is { Success: true } match && book.Of(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)) is { } request
            ? $"{leak}   [{request.Route}, answered {(int)request.Answer}]"
            : leak;

    /// <summary>Leaks that differ in their numbers only are of one kind.</summary>
    private static string Shape(string leak) => Figures().Replace(leak, "#");

    [GeneratedRegex($"(?:{CanaryBook.Word}|{CanaryBook.Digits}0?)([0-9]{{5}})", RegexOptions.IgnoreCase)]
    private static partial Regex Number();

    [GeneratedRegex("[0-9a-f]{2,}")]
    private static partial Regex Figures();
}
