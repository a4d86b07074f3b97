using System.Net;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Host;

public sealed class SidecarHostTests
{
    [Fact]
    public async Task Start_BeforeTheAppIsThere_ServesOutboundOnly()
    {
        var (port, _) = FreePorts.Two();
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.in-memory")],
            Options = options => options with { AppPort = port },
            WaitUntilReady = false,
        });

        var outbound = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz/outbound");
        var full = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz");
        var saved = await sidecar.Http.SendTextAsync("POST", "/v1.0/state/store", "[]");
        var metadata = await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata");

        Assert.Equal("204", outbound);
        Assert.Equal("""500 {"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: [app]"}""", full);
        Assert.Equal("204", saved);
        Assert.StartsWith("200 ", metadata, StringComparison.Ordinal);
        Assert.False(sidecar.Host.IsReady);
    }

    [Fact]
    public async Task Health_WithAnAppId_AnswersOnlyForItsOwn()
    {
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup { AppId = "order" });

        var own = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz?appid=order");
        var other = await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz?appid=payment");

        Assert.Equal("204", own);
        Assert.Equal("""500 {"errorCode":"ERR_HEALTH_APPID_NOT_MATCH","message":"dapr app-id does not match"}""", other);
    }

    [Fact]
    public async Task Start_WithAnApp_RegistersItsChannelUntilTheStop()
    {
        await using var app = await FakeApp.StartAsync();
        await using var clients = new SharedClients();
        var directory = new SidecarDirectory();
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            AppId = "order",
            App = app,
            Process = new SidecarProcess(clients, directory, TimeProvider.System),
        });

        var running = directory.Find("order");
        await sidecar.Host.StopAsync(CancellationToken.None);

        Assert.NotNull(running);
        Assert.Null(directory.Find("order"));
    }

    [Fact]
    public async Task Stop_ACallInFlight_IsFinishedAndThePortIsFree()
    {
        var store = new GatedStateStore();
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.gated")],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.gated"] = () => store },
        });

        var inFlight = sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/k");
        await store.Entered;
        var stop = sidecar.Host.StopAsync(CancellationToken.None);
        store.Open();
        await stop;

        Assert.Equal("204", await inFlight);
        Assert.False(sidecar.Host.IsReady);
        Assert.Equal(1, store.Disposals);
        await Assert.ThrowsAsync<HttpRequestException>(() => sidecar.Http.GetAsync("/v1.0/healthz"));
    }

    [Fact]
    public async Task Dispose_ACallThatNeverEnds_IsCutOffAfterTheGrace()
    {
        var store = new GatedStateStore();
        var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.gated")],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.gated"] = () => store },
            Options = options => options with { GracefulShutdown = TimeSpan.FromMilliseconds(200) },
        });
        using var http = new HttpClient();

        var inFlight = http.GetAsync($"http://127.0.0.1:{sidecar.Host.Options.HttpPort}/v1.0/state/store/k");
        await store.Entered;
        await sidecar.DisposeAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => inFlight);
        Assert.Equal(1, store.Disposals);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("true", true)]
    public async Task Shutdown_ByTheApi_Answers204AndTellsWhoRunsTheSidecar(string? header, bool force)
    {
        await using var sidecar = await RunningSidecar.StartAsync();

        var answer = header is null
            ? await sidecar.Http.SendTextAsync("POST", "/v1.0/shutdown")
            : await sidecar.Http.SendTextAsync("POST", "/v1.0/shutdown", headers: ("dapr-force-shutdown", header));

        Assert.Equal("204", answer);
        Assert.Equal(force, await sidecar.Host.ShutdownAsked.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Create_WrongResources_ReportsAllOfThemAndStartsNothing()
    {
        var folder = Directory.CreateTempSubdirectory("host-test-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "a.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: store }
            spec: { type: state.in-memori }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: other }
            spec:
              type: state.in-memory
              version: v9
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: db }
            spec:
              type: state.sqlite
              metadata:
                - { name: busyTimeout, value: soon }
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: elsewhere }
            spec: { type: state.nobody }
            scopes: [other]
            """);
        await using var clients = new SharedClients();
        var errors = new List<ConfigurationError>();

        var host = SidecarHost.Create(
            new SidecarOptions { AppId = "app", ResourcesPaths = [folder.FullName], AppProtocol = "smtp", LogOutput = TextWriter.Null },
            new SidecarProcess(clients, new SidecarDirectory(), TimeProvider.System),
            errors);
        folder.Delete(recursive: true);

        Assert.Null(host);
        var shown = errors.Select(error => (error with { File = Path.GetFileName(error.File) }).ToString()).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(5, shown.Count);
        Assert.StartsWith("a.yaml:11: spec.version: 'v9' of state.in-memory is not known", shown[0], StringComparison.Ordinal);
        Assert.StartsWith("a.yaml:17: spec.metadata.connectionString: is required", shown[1], StringComparison.Ordinal);
        Assert.StartsWith("a.yaml:19: spec.metadata.busyTimeout: 'soon' is not a duration", shown[2], StringComparison.Ordinal);
        Assert.StartsWith("a.yaml:4: spec.type: 'state.in-memori' is not a known component type; did you mean 'state.in-memory'?; known: ", shown[3], StringComparison.Ordinal);
        Assert.Equal("daprd: --app-protocol: must be http, https, h2c, grpc or grpcs, not 'smtp'", shown[4]);
    }

    [Fact]
    public async Task Start_AComponentThatFails_NamesItUnlessItMayBeLeftOut()
    {
        var broken = Yaml.Component("store", "state.broken");
        var ignored = broken.Replace("version: v1", "ignoreErrors: true", StringComparison.Ordinal);
        var drivers = new Dictionary<string, Func<IComponent>> { ["state.broken"] = () => new BrokenStateStore() };

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunningSidecar.StartAsync(new SidecarSetup { Resources = [broken], Drivers = drivers }));
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup { Resources = [ignored], Drivers = drivers });

        Assert.EndsWith(".yaml:6: component store (state.broken/v1): cannot connect", failure.InnerException?.Message, StringComparison.Ordinal);
        Assert.StartsWith("500 {\"errorCode\":\"ERR_STATE_STORE_NOT_CONFIGURED\"", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/store/k"), StringComparison.Ordinal);
        Assert.Contains("level=warning msg=\"Component store (state.broken) is left out", sidecar.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AComponentSlowerThanItsInitTimeout_Fails()
    {
        var slow = Yaml.Component("store", "state.slow").Replace("version: v1", "initTimeout: 50ms", StringComparison.Ordinal);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [slow],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.slow"] = () => new SlowStateStore() },
        }));

        Assert.EndsWith(".yaml:6: component store (state.slow/v1): was not ready within its initTimeout of 50ms", failure.InnerException?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AComponentWithASecret_IsBuiltAfterItsStoreAnswered()
    {
        var secret = """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: astore }
            spec:
              type: state.sqlite
              metadata:
                - { name: connectionString, secretKeyRef: { name: db, key: path } }
            auth: { secretStore: vault }
            """;
        var vault = new FakeSecretStore(new() { ["db"] = new Dictionary<string, string> { ["path"] = "secret.db" } });
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [secret, Yaml.Component("vault", "secretstores.fake")],
            Drivers = new Dictionary<string, Func<IComponent>> { ["secretstores.fake"] = () => vault },
        });

        var saved = await sidecar.Http.SendTextAsync("POST", "/v1.0/state/astore", """[{"key":"k","value":1}]""");

        Assert.Equal("204", saved);
        Assert.True(vault.IsInitialised);
        Assert.True(File.Exists(Path.Combine(sidecar.Host.Options.DataDirectory, "secret.db")));
    }

    [Fact]
    public async Task Start_ASecretThatIsMissing_NamesTheMember()
    {
        var secret = """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: astore }
            spec:
              type: state.sqlite
              metadata:
                - { name: connectionString, secretKeyRef: { name: db, key: nope } }
            auth: { secretStore: vault }
            """;

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [secret, Yaml.Component("vault", "secretstores.fake")],
            Drivers = new Dictionary<string, Func<IComponent>>
            {
                ["secretstores.fake"] = () => new FakeSecretStore(new() { ["db"] = new Dictionary<string, string>() }),
            },
        }));

        Assert.EndsWith(
            ".yaml:7: spec.metadata.connectionString: secret db of vault has no key nope",
            failure.InnerException?.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_APortInUse_FailsAndLeavesNothingRunning()
    {
        await using var other = await FakeApp.StartAsync();
        var store = new GatedStateStore();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningSidecar.StartAsync(new SidecarSetup
        {
            Resources = [Yaml.Component("store", "state.gated")],
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.gated"] = () => store },
            Options = options => options with { HttpPort = other.Port },
        }));

        var cause = Assert.IsAssignableFrom<IOException>(failure.InnerException);
        Assert.Contains($":{other.Port}", cause.Message, StringComparison.Ordinal);
        Assert.Equal(1, store.Disposals);
    }

    [Fact]
    public async Task Listen_ByDefault_IsOnLoopbackOnly()
    {
        await using var sidecar = await RunningSidecar.StartAsync();
        var own = await Dns.GetHostAddressesAsync(Dns.GetHostName());

        foreach (var address in own.Where(address => !IPAddress.IsLoopback(address)))
        {
            using var socket = new System.Net.Sockets.TcpClient(address.AddressFamily);
            await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => socket.ConnectAsync(address, sidecar.Host.Options.HttpPort));
        }

        Assert.Equal("204", await sidecar.Http.SendTextAsync("GET", "/v1.0/healthz"));
    }
}
