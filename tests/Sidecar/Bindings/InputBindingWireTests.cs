using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.Bindings;

namespace DaprShop.Tests.Bindings;

public sealed class InputBindingWireTests : IAsyncLifetime
{
    private readonly FakeBinding _binding = new();
    private FakeApp _app = null!;

    public async Task InitializeAsync() => _app = await FakeApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(405, true)]
    [InlineData(404, false)]
    public async Task Binding_WithoutADirection_StartsWhenTheAppAnswersTheProbe(int status, bool isStarted)
    {
        _app.Answer = request => new AppAnswer(request.Method == "OPTIONS" ? status : 404);

        await using var sidecar = await StartAsync(Yaml.Component("sweep", "bindings.fake"));

        Assert.Equal(isStarted, _binding.Handler is not null);
        Assert.Contains(_app.Requests, request => request is { Method: "OPTIONS", Target: "/sweep" });
    }

    [Theory]
    [InlineData("input", true)]
    [InlineData("output, Input", true)]
    [InlineData("output", false)]
    public async Task Binding_WithADirection_IsNotProbed(string direction, bool isStarted)
    {
        await using var sidecar = await StartAsync(Yaml.Component("sweep", "bindings.fake", ("direction", direction)));

        Assert.Equal(isStarted, _binding.Handler is not null);
        Assert.DoesNotContain(_app.Requests, request => request.Method == "OPTIONS");
    }

    [Fact]
    public async Task Event_ForTheApp_IsPostedToItsRouteWithMetadataAsHeaders()
    {
        _app.Answer = _ => new AppAnswer(200);
        await using var sidecar = await StartAsync(
            Yaml.Component("sweep", "bindings.fake", ("direction", "input"), ("route", "/jobs/sweep")));

        await _binding.Handler!(new BindingEvent("{}"u8.ToArray(), new Dictionary<string, string> { ["readTimeUTC"] = "now" }), default);

        var request = Assert.Single(_app.Requests, request => request.Method == "POST");
        Assert.Equal("/jobs/sweep", request.Target);
        Assert.Equal("{}", request.Text);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal("now", request.Headers["readTimeUTC"]);
    }

    [Theory]
    [InlineData(204, true)]
    [InlineData(302, false)]
    [InlineData(500, false)]
    public async Task Event_AnsweredWithAStatus_IsTakenOnlyWith2xx(int status, bool isTaken)
    {
        _app.Answer = request => new AppAnswer(request.Target == "/sweep" ? status : 404);
        await using var sidecar = await StartAsync(Yaml.Component("sweep", "bindings.fake", ("direction", "input")));

        var failure = await Record.ExceptionAsync(() => _binding.Handler!(
            new BindingEvent(ReadOnlyMemory<byte>.Empty, new Dictionary<string, string>()), default));

        Assert.Equal(isTaken ? null : $"the app answered {status} to an event of binding sweep", failure?.Message);
    }

    [Fact]
    public async Task Cron_EverySecond_ReachesTheApp()
    {
        _app.Answer = _ => new AppAnswer(200);
        await using var sidecar = await StartAsync(
            Yaml.Component("tick", "bindings.cron", ("schedule", "@every 1s"), ("direction", "input")));

        var tick = await Eventually.Get(() => _app.Requests.FirstOrDefault(request => request.Target == "/tick"), found => found is not null);

        Assert.Equal("POST", tick!.Method);
        Assert.Empty(tick.Body);
        Assert.Equal("Local", tick.Headers["timeZone"]);
        Assert.EndsWith(" +0000 UTC", tick.Headers["readTimeUTC"], StringComparison.Ordinal);
    }

    private Task<RunningSidecar> StartAsync(string component) => RunningSidecar.StartAsync(new SidecarSetup
    {
        App = _app,
        Resources = [component],
        Drivers = new Dictionary<string, Func<IComponent>> { ["bindings.fake"] = () => _binding },
    });

    private sealed class FakeBinding : IInputBinding
    {
        public BindingHandler? Handler { get; private set; }

        public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IAsyncDisposable> StartAsync(BindingHandler handler, CancellationToken cancellationToken)
        {
            Handler = handler;
            return Task.FromResult<IAsyncDisposable>(this);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
