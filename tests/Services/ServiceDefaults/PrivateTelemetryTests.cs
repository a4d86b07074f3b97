using System.Collections.Concurrent;
using System.Diagnostics;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace DaprShop.Tests.ServiceDefaults;

/// <summary>What callers type is in no record of a service.</summary>
public sealed class PrivateTelemetryTests
{
    private const string Typed = "zoe@mail.example";

    [Fact]
    public void Span_OfARequestReceived_KeepsItsRouteAndNothingTyped()
    {
        using var source = new ActivitySource("Microsoft.AspNetCore");
        using var listener = new ActivityListener
        {
            ShouldListenTo = found => found == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var span = source.StartActivity("request", ActivityKind.Server)!;
        foreach (var tag in (string[])["url.path", "url.query", "server.address", "user_agent.original", "http.request.method_original"])
        {
            span.SetTag(tag, Typed);
        }

        span.SetTag("http.route", "/users/{id}");
        using var spans = new PrivateSpans();

        spans.OnEnd(span);

        Assert.Equal(["http.route=/users/{id}"], span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"));
    }

    [Theory]
    [InlineData("http://localhost:3500/v1.0/state/store/cart%2Fzoe@mail.example?*", "http://localhost:3500")]
    [InlineData("zoe@mail.example", null)]
    public void Span_OfACall_KeepsWhomItCalled(string address, string? expected)
    {
        using var span = new Activity("GET").SetTag("url.full", address).SetTag("server.address", "localhost");
        using var spans = new PrivateSpans();

        spans.OnEnd(span);

        Assert.Equal((expected, "localhost"), (span.GetTagItem("url.full"), span.GetTagItem("server.address")));
    }

    [Fact]
    public void Span_WithATraceState_HasNoneInTheRecord()
    {
        using var parent = new Activity("parent") { TraceStateString = $"shop={Typed}" }.Start();
        using var child = new Activity("child").Start();
        using var spans = new PrivateSpans();

        spans.OnEnd(child);

        Assert.Equal(("", $"shop={Typed}"), (child.TraceStateString, parent.TraceStateString));
    }

    [Theory]
    [InlineData("GET", $"/{Typed}", "GET none answered 404")]
    [InlineData("zoe", "/operators", "_OTHER none answered 405")]
    [InlineData("GET", $"/users/{Typed}", "GET /users/{id} answered 403")]
    public async Task Log_OfARequest_NamesItsRouteAndNothingTyped(string method, string path, string expected)
    {
        var lines = new Lines();
        await using var service = await RunningService.StartAsync(builder =>
        {
            builder.AddServiceDefaults(options => (options.UseSidecar, options.UseStateStore) = (false, false));
            builder.Services.AddSingleton<ILoggerProvider>(lines);
            var app = builder.Build();
            app.MapDefaultEndpoints();
            app.MapGet("/operators", () => TypedResults.Ok());
            app.MapGet("/users/{id}", (string id) => TypedResults.Ok(id)).RequireOperator();
            return app;
        });

        using var answer = await service.SendAsync(new HttpMethod(method), path);
        await service.StopAsync();

        Assert.Contains(lines.Texts, line => line.StartsWith(expected, StringComparison.Ordinal));
        Assert.DoesNotContain(lines.Texts, line => line.Contains("zoe", StringComparison.Ordinal));
    }

    [Fact]
    public void Line_OfARequest_HasItsIdAndNotItsPath()
    {
        var sink = new Events();
        using var serilog = new LoggerConfiguration().Enrich.With(new WithoutPath()).WriteTo.Sink(sink).CreateLogger();
        using var provider = new SerilogLoggerProvider(serilog);
        var logger = provider.CreateLogger("Any");

        // As ASP.NET Core opens it around every request.
        using (logger.BeginScope(new Dictionary<string, object> { ["RequestId"] = "1", ["RequestPath"] = $"/{Typed}" }))
        {
            logger.LogInformation("Said");
        }

        var properties = Assert.Single(sink.Emitted).Properties.Keys;
        Assert.Contains("RequestId", properties);
        Assert.DoesNotContain("RequestPath", properties);
    }

    [Fact]
    public void Pseudonym_OfAUser_IsAlwaysTheSameAndHidesTheId()
    {
        var caller = new ShopCaller(Typed, ShopCaller.Operator);

        Assert.Equal(ShopCaller.PseudonymOf(Typed), caller.Pseudonym);
        Assert.NotEqual(ShopCaller.PseudonymOf("other@mail.example"), caller.Pseudonym);
        Assert.DoesNotContain("zoe", caller.Pseudonym, StringComparison.Ordinal);
    }

    private sealed class Events : ILogEventSink
    {
        public List<LogEvent> Emitted { get; } = [];

        public void Emit(LogEvent logEvent) => Emitted.Add(logEvent);
    }

    private sealed class Lines : ILoggerProvider, Microsoft.Extensions.Logging.ILogger
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        // The framework's own lines of requests are kept back where the shop's are written.
        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("DaprShop.", StringComparison.Ordinal) ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Texts.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
