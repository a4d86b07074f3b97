using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.RegularExpressions;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>A scan that finds nothing is worth what it would have found: a canary planted in every place that could hold one.</summary>
[Trait("Set", "any")]
public sealed partial class CanaryScanTests
{
    [Theory]
    [InlineData("""{"Level":"Warning","RenderedMessage":"No such user: zq4canary7x00001@mail.example","Properties":{}}""")]
    [InlineData("""{"RenderedMessage":"Zo\u00EB \"ZQ4CANARY7X00001\" O\u0027Neil"}""")]
    [InlineData("time=\"2026-01-01T00:00:00Z\" level=error msg=\"GET /v1.0/state/s/zq4canary7x00001 failed\" scope=dapr.runtime")]
    [InlineData("""dapr_http_server_request_count{app_id="order",path="/orders/zq4canary7x00001",status="404"} 1""")]
    [InlineData("GET /search?email=zq4canary7x00001%40mail.example")]
    [InlineData("reset of +864417730900001 and card 8644177309000001")]
    [InlineData("etag 7a713463616E61727937783030303031")]
    public void Find_InTheFormsOfLogsAndPages_ShowsIt(string line)
    {
        var found = CanaryShop.Scan.Find("file", Encoding.UTF8.GetBytes("before\n" + line + "\nafter"));

        Assert.NotEmpty(found);
        Assert.All(found, find => Assert.StartsWith("file: ", find, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("u")]
    [InlineData("us")]
    [InlineData("user:~~~???")]
    public void Find_InBase64_WhateverStandsBefore(string before)
    {
        var bytes = Encoding.UTF8.GetBytes($"{before}zq4canary7x00001:secret");
        string[] forms = [Convert.ToBase64String(bytes), System.Buffers.Text.Base64Url.EncodeToString(bytes)];

        Assert.All(forms, form => Assert.NotEmpty(CanaryShop.Scan.Find("file", Encoding.ASCII.GetBytes($"Authorization: {form}"))));
    }

    [Fact]
    public void Find_OfSecretsAndTokens_ShowsThem()
    {
        string[] secrets =
        [
            CanaryShop.ApiToken, CanaryShop.AppToken, new BadInput.HandmadeToken().ToString(), BadInput.HandmadeToken.DemoSecret("jwt-signing-key"),
            BadInput.HandmadeToken.DemoSecret("provider-webhook-secret"),
        ];

        Assert.All(secrets, secret => Assert.NotEmpty(CanaryShop.Scan.Find("file", Encoding.UTF8.GetBytes($"token={secret};"))));
    }

    [Fact]
    public void Find_WhereNoneIs_ShowsNothing() =>
        Assert.Empty(CanaryShop.Scan.Find("file", Encoding.UTF8.GetBytes("""{"Message":"Order 187346e7-f8b7-58ad-9cef-704ccd89229d is Confirmed","TraceId":"00000000000000000000000000ca4a41"}""")));

    [Fact]
    public async Task Find_InWhatARealExporterSends_ShowsEveryPlaceThatHoldsText()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        var planted = new List<string>();
        string Plant(string place)
        {
            planted.Add(place);
            return $"{CanaryBook.Word}-{place}-";
        }

        ExportSpan(collector.Endpoint, Plant);
        ExportLog(collector.Endpoint, Plant);
        ExportMetric(collector.Endpoint, Plant);
        await Eventually.Get(() => collector.Exports.Select(export => export.Signal).Distinct(), signals => signals.Count() == 3);
        var found = collector.Exports.SelectMany(export => CanaryShop.Scan.Find(export.Signal, export.Body.Span)).SelectMany(find => Place().Matches(find)).Select(match => match.Groups[1].Value);

        Assert.Equal(planted.Order(StringComparer.Ordinal), found.Distinct().Order(StringComparer.Ordinal));
    }

    private static void ExportSpan(string endpoint, Func<string, string> plant)
    {
        using var source = new ActivitySource(plant("scope"));
        using var provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(plant("service")).AddAttributes([new(plant("resourceKey"), plant("resourceValue"))]))
            .AddSource(source.Name)
            .AddOtlpExporter(exporter => Aim(exporter, endpoint, "traces"))
            .Build();
        var linked = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, $"l={plant("linkState")}");
        using var span = source.StartActivity(plant("spanName"), ActivityKind.Server, default(ActivityContext), links: [new(linked, new() { [plant("linkKey")] = plant("linkValue") })])!;
        span.SetTag(plant("spanKey"), plant("spanValue"));
        span.SetTag("list", new[] { plant("spanList") });
        span.AddEvent(new(plant("event"), tags: new() { [plant("eventKey")] = plant("eventValue") }));
        span.AddException(new InvalidOperationException(plant("exception")));
        span.SetStatus(ActivityStatusCode.Error, plant("status"));
        span.TraceStateString = $"s={plant("traceState")}";
    }

    private static void ExportLog(string endpoint, Func<string, string> plant)
    {
        using var loggers = LoggerFactory.Create(logging => logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
            logs.AddOtlpExporter(exporter => Aim(exporter, endpoint, "logs"));
        }));
        var logger = loggers.CreateLogger(plant("category"));
        using var scope = logger.BeginScope(new Dictionary<string, object> { ["RequestPath"] = plant("logScope") });
        logger.LogError(new InvalidOperationException(plant("logException")), "Refused {Value}", plant("logValue"));
    }

    private static void ExportMetric(string endpoint, Func<string, string> plant)
    {
        using var meter = new Meter(plant("meter"));
        using var provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(meter.Name)
            .SetExemplarFilter(ExemplarFilterType.AlwaysOn)
            .AddView("orders-*", new MetricStreamConfiguration { TagKeys = ["kept"] })
            .AddOtlpExporter(exporter => Aim(exporter, endpoint, "metrics"))
            .Build();
        meter.CreateCounter<long>($"orders-{plant("metricName")}", plant("unit"), plant("description"))
            .Add(1, new("kept", plant("label")), new KeyValuePair<string, object?>("dropped", plant("exemplar")));
    }

    private static void Aim(OtlpExporterOptions exporter, string endpoint, string signal) =>
        (exporter.Protocol, exporter.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri($"{endpoint}/v1/{signal}"));

    [GeneratedRegex($"{CanaryBook.Word}-([a-zA-Z]+)-", RegexOptions.IgnoreCase)]
    private static partial Regex Place();
}
