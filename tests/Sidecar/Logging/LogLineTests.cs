using Microsoft.Extensions.Logging;
using Sidecar.Host;
using Sidecar.Logging;

namespace DaprShop.Tests.Logging;

public sealed class LogLineTests
{
    private static readonly LogEntry Entry = new(
        new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(8)).AddTicks(1234567),
        LogLevel.Warning,
        "dapr.runtime",
        "say \"hi\"\nbye",
        "order",
        "host-1",
        "1.18.4",
        "log",
        []);

    [Fact]
    public void Text_AnEntry_IsLogfmtWithDaprdsFields() => Assert.Equal(
        """time="2026-02-02T20:05:06.123456700Z" level=warning msg="say \"hi\"\nbye" app_id=order instance=host-1 scope=dapr.runtime type=log ver=1.18.4""",
        LogLine.Text(Entry));

    [Fact]
    public void Json_AnEntry_IsOneObjectWithDaprdsMembers() => Assert.Equal(
        """{"app_id":"order","instance":"host-1","level":"warning","msg":"say \"hi\"\nbye","scope":"dapr.runtime","time":"2026-02-02T20:05:06.123456700Z","type":"log","ver":"1.18.4"}""",
        LogLine.Json(Entry));

    [Theory]
    [InlineData("Sidecar.Host.SidecarHost", "dapr.runtime")]
    [InlineData("Sidecar.PubSub.Delivery", "dapr.pubsub.delivery")]
    [InlineData("dapr.runtime.http-info", "dapr.runtime.http-info")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Server.Kestrel")]
    public void ScopeOf_ACategory_IsTheNameOperatorsFilterBy(string category, string scope) =>
        Assert.Equal(scope, SidecarLoggerProvider.ScopeOf(category));

    [Theory]
    [InlineData("debug", "debug,info,warning,error,fatal")]
    [InlineData("info", "info,warning,error,fatal")]
    [InlineData("WARN", "warning,error,fatal")]
    [InlineData("error", "error,fatal")]
    public void CreateFactory_ALevel_WritesThatAndWhatIsWorse(string level, string written)
    {
        using var output = new StringWriter();
        using (var loggers = SidecarLoggerProvider.CreateFactory(
            new SidecarOptions { AppId = "app", LogLevel = level, LogOutput = output }, TimeProvider.System))
        {
            var logger = loggers.CreateLogger("Sidecar.Test");
            foreach (var each in new[] { LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error, LogLevel.Critical })
            {
                logger.Log(each, "text");
            }
        }

        var levels = output.ToString().Split(' ').Where(word => word.StartsWith("level=", StringComparison.Ordinal)).Select(word => word[6..]);
        Assert.Equal(written, string.Join(',', levels));
    }

    [Fact]
    public void Write_AnException_IsPartOfTheMessageOnOneLine()
    {
        using var output = new StringWriter();
        using (var loggers = SidecarLoggerProvider.CreateFactory(
            new SidecarOptions { AppId = "app", LogOutput = output, LogAsJson = true }, TimeProvider.System))
        {
            loggers.CreateLogger("Sidecar.Test").LogError(new InvalidOperationException("inner\nwords"), "It failed");
        }

        var line = Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("\"msg\":\"It failed: System.InvalidOperationException: inner\\nwords\"", line, StringComparison.Ordinal);
    }
}
