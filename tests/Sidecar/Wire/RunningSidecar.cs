using DaprShop.TestKit;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Invocation;

namespace DaprShop.Tests.Wire;

/// <summary>How a test wants its sidecar; everything has a default.</summary>
internal sealed record SidecarSetup
{
    public string AppId { get; init; } = "app";

    /// <summary>The texts of the resource files.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>The texts of the --config files.</summary>
    public IReadOnlyList<string> Configurations { get; init; } = [];

    public FakeApp? App { get; init; }

    /// <summary>Drivers by type that the catalogue does not have, or that stand in for those it has.</summary>
    public IReadOnlyDictionary<string, Func<IComponent>> Drivers { get; init; } = new Dictionary<string, Func<IComponent>>();

    /// <summary>Changes whatever the other members do not reach.</summary>
    public Func<SidecarOptions, SidecarOptions> Options { get; init; } = options => options;

    /// <summary>Given by tests that let several sidecars share a process.</summary>
    public SidecarProcess? Process { get; init; }

    /// <summary>False for tests of what a sidecar does before its app is there.</summary>
    public bool WaitUntilReady { get; init; } = true;
}

/// <summary>A real sidecar on free ports with its resources in a folder of its own, and a client for its HTTP API.</summary>
internal sealed class RunningSidecar : IAsyncDisposable
{
    private readonly SharedClients? _ownClients;
    private readonly string _folder;
    private readonly StringWriter _log;

    private RunningSidecar(SidecarHost host, SharedClients? ownClients, string folder, StringWriter log)
    {
        (Host, _ownClients, _folder, _log) = (host, ownClients, folder, log);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{host.Options.HttpPort}"),
        };
    }

    public SidecarHost Host { get; }

    public HttpClient Http { get; }

    public string Log => _log.ToString();

    /// <summary>Writes a resource file in one step, so that no half of it is read; null removes it.</summary>
    public void Rewrite(string name, string? text)
    {
        var file = Path.Combine(_folder, "resources", name);
        if (text is null)
        {
            File.Delete(file);
            return;
        }

        var draft = Path.Combine(_folder, $"{name}.draft");
        File.WriteAllText(draft, text);
        File.Move(draft, file, overwrite: true);
    }

    public static Task<RunningSidecar> StartAsync(params string[] resources) => StartAsync(new SidecarSetup { Resources = resources });

    public static async Task<RunningSidecar> StartAsync(SidecarSetup setup)
    {
        var folder = Directory.CreateTempSubdirectory("sidecar-test-").FullName;
        var log = new StringWriter();
        var ownClients = setup.Process is null ? new SharedClients() : null;
        var process = setup.Process ?? new SidecarProcess(ownClients!, new SidecarDirectory(), TimeProvider.System);
        var errors = new List<ConfigurationError>();
        var host = SidecarHost.Create(OptionsOf(setup, folder, log), process, errors, type =>
            setup.Drivers.TryGetValue(type, out var make) ? (_, _, _) => make() : ComponentCatalog.Find(type))
            ?? throw new InvalidOperationException(string.Join(Environment.NewLine, errors));
        var sidecar = new RunningSidecar(host, ownClients, folder, log);
        try
        {
            await host.StartAsync(CancellationToken.None);
            if (setup.WaitUntilReady)
            {
                await Eventually.True(() => host.IsReady);
            }
        }
        catch (Exception exception) when (exception is ComponentsFailedException or IOException or TimeoutException)
        {
            await sidecar.DisposeAsync();
            throw new InvalidOperationException($"The sidecar did not start; its log:{Environment.NewLine}{log}", exception);
        }

        return sidecar;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        if (_ownClients is not null)
        {
            await _ownClients.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static SidecarOptions OptionsOf(SidecarSetup setup, string folder, StringWriter log)
    {
        var (httpPort, grpcPort) = FreePorts.Two();
        var resources = Directory.CreateDirectory(Path.Combine(folder, "resources")).FullName;
        Write(resources, setup.Resources);
        return setup.Options(new SidecarOptions
        {
            AppId = setup.AppId,
            AppPort = setup.App?.Port,
            HttpPort = httpPort,
            GrpcPort = grpcPort,
            ResourcesPaths = [resources],
            ConfigFiles = Write(folder, setup.Configurations),
            DataDirectory = folder,
            SecretDirectories = [folder],
            LogOutput = TextWriter.Synchronized(log),
        });
    }

    private static List<string> Write(string folder, IReadOnlyList<string> texts)
    {
        var files = new List<string>();
        foreach (var text in texts)
        {
            var file = Path.Combine(folder, $"{files.Count:00}.yaml");
            File.WriteAllText(file, text);
            files.Add(file);
        }

        return files;
    }
}
