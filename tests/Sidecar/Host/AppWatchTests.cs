using System.Collections.Concurrent;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Host;

namespace DaprShop.Tests.Host;

/// <summary>Start-up steps 6 to 9 and app health (dapr-contract.md 1.6, 1.7).</summary>
public sealed class AppWatchTests
{
    private readonly AppHealth _app = new();
    private readonly SidecarHealth _health = new();
    private readonly RecordingLifecycle _lifecycle = new();

    public AppWatchTests() => _health.SetOutbound(true);

    [Fact]
    public async Task WithoutHealthChecks_AnOpenPort_StartsWhatFeedsTheApp()
    {
        await using var app = await FakeApp.StartAsync();
        using var watch = Watch(new SidecarOptions { AppId = "app", AppPort = app.Port });

        watch.Start();
        await Eventually.True(() => _health.IsReady);
        await watch.StopAsync(CancellationToken.None);

        Assert.Equal(["start", "stop"], _lifecycle.Calls);
        Assert.True(_app.IsHealthy);
        Assert.Empty(app.Requests);
    }

    [Fact]
    public async Task AppThatComesLate_IsDialledUntilItAnswers()
    {
        var (port, _) = FreePorts.Two();
        using var watch = Watch(new SidecarOptions { AppId = "app", AppPort = port });

        watch.Start();
        var readyBefore = _health.IsReady;
        await using var app = await FakeApp.StartAsync(port: port);
        await Eventually.True(() => _health.IsReady);
        await watch.StopAsync(CancellationToken.None);

        Assert.False(readyBefore);
        Assert.Equal(["start", "stop"], _lifecycle.Calls);
    }

    [Fact]
    public async Task WithHealthChecks_TheApp_IsUnhealthyUntilItsFirstGoodProbe()
    {
        var status = StatusCodes.Status503ServiceUnavailable;
        await using var app = await FakeApp.StartAsync(_ => new AppAnswer(status));
        using var watch = Watch(Checked(app.Port));

        watch.Start();
        await Eventually.True(() => app.Requests.Count >= 2);
        var before = (_app.IsHealthy, _health.IsReady, _lifecycle.Calls.Count);
        status = StatusCodes.Status204NoContent;
        await Eventually.True(() => _health.IsReady);
        await watch.StopAsync(CancellationToken.None);

        Assert.Equal((false, false, 0), before);
        Assert.Equal(["start", "stop"], _lifecycle.Calls);
        var probe = app.Requests[0];
        Assert.Equal(("GET", "/alive", "app-token"), (probe.Method, probe.Target, probe.Headers["dapr-api-token"]));
    }

    [Fact]
    public async Task UnhealthyApp_AfterTheThreshold_IsStoppedAndStartedAgainWithTheFirstGoodProbe()
    {
        var status = StatusCodes.Status200OK;
        var bad = 0;
        await using var app = await FakeApp.StartAsync(_ =>
        {
            bad += status == StatusCodes.Status500InternalServerError ? 1 : 0;
            return new AppAnswer(status);
        });
        var changes = new ConcurrentQueue<bool>();
        _app.Changed += () => changes.Enqueue(_app.IsHealthy);
        using var watch = Watch(Checked(app.Port) with { AppHealthThreshold = 2 });

        watch.Start();
        await Eventually.True(() => _lifecycle.Calls.Count == 1);
        status = StatusCodes.Status500InternalServerError;
        await Eventually.True(() => _lifecycle.Calls.Count == 2);
        var badProbes = bad;
        status = StatusCodes.Status200OK;
        await Eventually.True(() => _lifecycle.Calls.Count == 3);
        await watch.StopAsync(CancellationToken.None);

        Assert.Equal(["start", "stop", "start", "stop"], _lifecycle.Calls);
        Assert.Equal([true, false, true], changes);
        Assert.True(badProbes >= 2, $"{badProbes} bad probes");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AppThatEnded_IsNotFedUntilAnotherAnswersInItsPlace(bool isChecked)
    {
        var app = await FakeApp.StartAsync(_ => new AppAnswer(StatusCodes.Status200OK));
        var options = Checked(app.Port) with { EnableAppHealthCheck = isChecked, AppHealthProbeInterval = TimeSpan.FromHours(1) };
        using var watch = Watch(options);
        watch.Start();
        await Eventually.True(() => watch.IsServing);

        await app.DisposeAsync();
        watch.AppEnded();
        var servesTheDead = watch.IsServing;
        await Eventually.True(() => _lifecycle.Calls.Count == 2);
        var isHealthyMeanwhile = _app.IsHealthy;
        await using var next = await FakeApp.StartAsync(_ => new AppAnswer(StatusCodes.Status200OK), app.Port);
        await Eventually.True(() => watch.IsServing);
        await watch.StopAsync(CancellationToken.None);

        Assert.Equal((false, false), (servesTheDead, isHealthyMeanwhile));
        Assert.Equal(["start", "stop", "start", "stop"], _lifecycle.Calls);
    }

    [Fact]
    public async Task AStartThatFails_IsTriedAgainUntilItSucceeds()
    {
        await using var app = await FakeApp.StartAsync();
        _lifecycle.FailuresLeft = 1;
        using var watch = Watch(new SidecarOptions { AppId = "app", AppPort = app.Port });

        watch.Start();
        await Eventually.True(() => _health.IsReady);
        await watch.StopAsync(CancellationToken.None);

        Assert.Equal(["start", "start", "stop"], _lifecycle.Calls);
    }

    [Fact]
    public async Task Stop_WhileTheAppIsStillAwaited_EndsAtOnceAndStartsNothing()
    {
        var (port, _) = FreePorts.Two();
        using var watch = Watch(new SidecarOptions { AppId = "app", AppPort = port });

        watch.Start();
        await watch.StopAsync(CancellationToken.None);

        Assert.Empty(_lifecycle.Calls);
        Assert.False(_health.IsReady);
    }

    private static SidecarOptions Checked(int port) => new()
    {
        AppId = "app",
        AppPort = port,
        EnableAppHealthCheck = true,
        AppHealthCheckPath = "/alive",
        AppHealthProbeInterval = TimeSpan.FromMilliseconds(20),
        // An app that a busy machine makes slow is not unhealthy here.
        AppHealthProbeTimeout = TimeSpan.FromSeconds(30),
        AppApiToken = "app-token",
    };

    private AppWatch Watch(SidecarOptions options) =>
        new(options, _app, _health, [_lifecycle], TimeProvider.System, NullLogger<AppWatch>.Instance);

    private sealed class RecordingLifecycle : IAppLifecycle
    {
        private readonly ConcurrentQueue<string> _calls = new();

        public IReadOnlyList<string> Calls => [.. _calls];

        public int FailuresLeft { get; set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _calls.Enqueue("start");
            return FailuresLeft-- > 0 ? throw new HttpRequestException("not yet") : Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _calls.Enqueue("stop");
            return Task.CompletedTask;
        }
    }
}
