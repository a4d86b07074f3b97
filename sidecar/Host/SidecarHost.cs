using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Invocation;
using Sidecar.Logging;
using Sidecar.Metrics;
using Sidecar.NameResolution;
using Sidecar.Reload;
using Sidecar.Tracing;

namespace Sidecar.Host;

/// <summary>
/// One sidecar: its components, its API servers and its way to the app. The start order is daprd's and clients depend
/// on it (dapr-contract.md 1.6): components, servers, outbound ready, app port, app health, subscriptions, ready.
/// </summary>
internal sealed partial class SidecarHost : IAsyncDisposable
{
    private readonly SidecarProcess _process;
    private readonly ResourceScope _scope;
    private readonly SidecarResources _resources;
    private readonly ComponentLoader _components;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly SidecarTracing _tracing;
    private readonly SidecarMetrics _metrics;
    private readonly SidecarHealth _health = new();
    private readonly ShutdownRequest _shutdown = new();
    private readonly SemaphoreSlim _stopping = new(1, 1);
    private readonly ReloadFailure _reloadFailure = new();
    private WebApplication? _servers;
    private ApiSockets? _sockets;
    private LocalApp? _localApp;
    private AppWatch? _app;
    private RunningReload? _reload;

    private SidecarHost(SidecarOptions options, SidecarProcess process, Loaded loaded)
    {
        Options = options;
        Warnings = loaded.Warnings;
        _process = process;
        (_scope, _resources, _components, _loggers) = (loaded.Scope, loaded.Resources, loaded.Components, loaded.Loggers);
        _logger = _loggers.CreateLogger<SidecarHost>();
        _metrics = new SidecarMetrics(options, _resources.Configuration.Metrics);
        _tracing = new SidecarTracing(options, _resources.Configuration.Tracing, Environment.GetEnvironmentVariable);
    }

    public SidecarOptions Options { get; }

    /// <summary>What stands in the resource files and has no effect, known before the start.</summary>
    public IReadOnlyList<ConfigurationError> Warnings { get; }

    /// <summary>True once GET /v1.0/healthz would answer 204: the app was reached and its subscriptions run.</summary>
    public bool IsReady => _health.IsReady;

    /// <summary>True while the app answers and is fed; unlike <see cref="IsReady"/> it turns false when the app goes away.</summary>
    public bool IsAppReady => IsReady && _app is not { IsServing: false };

    /// <summary>Completes when a client asked this sidecar to shut down; true: at once, without grace, exit code 1 (dapr-contract.md 1.9).</summary>
    public Task<bool> ShutdownAsked => _shutdown.Asked;

    /// <summary>Completes when a changed component cannot be used: the sidecar has to be stopped, and this is what to tell.</summary>
    public Task<IReadOnlyList<ConfigurationError>> ReloadFailed => _reloadFailure.Told;

    /// <summary>Reads and checks every resource and builds the components without any I/O to them. Null when there were errors.</summary>
    public static SidecarHost? Create(SidecarOptions options, SidecarProcess process, ICollection<ConfigurationError> errors) =>
        Create(options, process, errors, ComponentCatalog.Find);

    /// <summary>As above, with other drivers than the catalogue's.</summary>
    internal static SidecarHost? Create(
        SidecarOptions options,
        SidecarProcess process,
        ICollection<ConfigurationError> errors,
        Func<string, ComponentFactory?> findFactory)
    {
        var before = errors.Count;
        if (options.AppProtocol is not ("http" or "https" or "h2c" or "grpc" or "grpcs"))
        {
            errors.Add(new ConfigurationError("daprd", 0, "--app-protocol", $"must be http, https, h2c, grpc or grpcs, not '{options.AppProtocol}'"));
        }

        var loaded = Load(options, process, errors, findFactory);
        if (errors.Count > before)
        {
            loaded.Loggers.Dispose();
            return null;
        }

        return new SidecarHost(options, process, loaded);
    }

    /// <summary>What is wrong with components that are written correctly, for a report of everything that is wrong; starts nothing.</summary>
    public static async Task<IReadOnlyList<ConfigurationError>> ProbeAsync(
        SidecarOptions options, SidecarProcess process, CancellationToken cancellationToken)
    {
        var loaded = Load(options, process, [], ComponentCatalog.Find);
        using var log = loaded.Loggers;
        await using var components = loaded.Components;
        try
        {
            await components.InitAsync(cancellationToken, onlyRemote: true);
            return [];
        }
        catch (ComponentsFailedException failure)
        {
            return failure.Errors;
        }
    }

    /// <summary>Initialises the components and listens; returns when the outbound APIs are up, before the app is.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogStarting(_logger, Options.AppId, RuntimeVersion.Dapr);
        foreach (var warning in _resources.Warnings)
        {
            LogResourceWarning(_logger, warning.ToString());
        }

        await _components.InitAsync(cancellationToken);
        foreach (var component in _components.Registry.All)
        {
            _metrics.Loaded(component);
        }

        foreach (var document in _resources.Resiliency.Names)
        {
            _metrics.Resiliency.Loaded(document);
        }

        var servers = ApiServer.Build(Options, AddSidecar);
        _servers = servers;
        await servers.Services.GetRequiredService<HttpEndpoints>().LoadAsync(_resources.HttpEndpoints, _components.Registry, cancellationToken);
        await ListenAsync(servers, cancellationToken);
        _health.SetOutbound(true);
        await StartPeersAsync(servers, cancellationToken);
        if (Options.AppPort is null)
        {
            _health.SetApp(true);
        }
        else
        {
            StartApp(servers);
        }

        StartReload(servers);
    }

    /// <summary>For whoever runs the app's process: it has ended. Nothing is sent to it until another answers in its place.</summary>
    public void AppEnded() => _app?.AppEnded();

    /// <summary>
    /// Deliveries in hand finish, new ones stay with the broker; the APIs stay up, so that an app that stops next can
    /// finish its work. A message must not meet an app that is going away: it would count as a failed attempt.
    /// </summary>
    public async Task StopDeliveriesAsync(CancellationToken cancellationToken)
    {
        await _stopping.WaitAsync(cancellationToken);
        try
        {
            await StopReloadAsync(cancellationToken);
            await StopAppWatchAsync(cancellationToken);
        }
        finally
        {
            _stopping.Release();
        }
    }

    /// <summary>Graceful stop (dapr-contract.md 1.9): deliveries in hand finish, new ones stay with the broker.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.WaitAsync(cancellationToken);
        try
        {
            await StopReloadAsync(cancellationToken);
            await StopAppWatchAsync(cancellationToken);
        }
        finally
        {
            // Also when the grace ended early: nothing may stay behind, least of all a listening port.
            try
            {
                if (_servers?.Services.GetRequiredService<Peers>() is { } peers)
                {
                    await peers.StopAsync(cancellationToken);
                }

                await StopServersAsync(cancellationToken);
            }
            finally
            {
                await _components.DisposeAsync();
                _stopping.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (var grace = new CancellationTokenSource(Options.GracefulShutdown, _process.Clock))
        {
            try
            {
                await StopAsync(grace.Token);
            }
            catch (OperationCanceledException) when (grace.IsCancellationRequested)
            {
                LogCutShort(_logger, Options.AppId);
            }
        }

        _tracing.Dispose();
        _loggers.Dispose();
        _stopping.Dispose();
    }

    private static Loaded Load(
        SidecarOptions options, SidecarProcess process, ICollection<ConfigurationError> errors, Func<string, ComponentFactory?> findFactory)
    {
        var scope = new ResourceScope(options.AppId, ExplicitNamespace(options), Environment.GetEnvironmentVariable, RandomId.NewUuid);
        var resources = new ResourceLoader(scope, errors).Load(options.ResourcesPaths, options.ConfigFiles);
        var warnings = new List<ConfigurationError>(resources.Warnings);
        var loggers = SidecarLoggerProvider.CreateFactory(options, process.Clock);
        var context = new ComponentContext(
            options.AppId, options.DataDirectory, options.SecretDirectories, process.Clock, loggers, process.Clients)
        {
            Warn = warnings.Add,
        };
        var components = new ComponentLoader(context, findFactory, loggers.CreateLogger<ComponentLoader>());
        components.Plan(resources.Components, errors);
        return new Loaded(scope, resources, components, loggers, warnings);
    }

    // NAMESPACE limits which resources count only when somebody set it (dapr-contract.md 3.1).
    private static string? ExplicitNamespace(SidecarOptions options) =>
        Environment.GetEnvironmentVariable("NAMESPACE") is { Length: > 0 } ? options.Namespace : null;

    private void AddSidecar(IServiceCollection services)
    {
        services.AddSingleton(_loggers);
        services.AddSingleton(Options);
        services.AddSingleton(_process);
        services.AddSingleton(_process.Clients);
        services.AddSingleton(_process.Directory);
        services.AddSingleton(_process.Clock);
        services.AddSingleton(_resources);
        services.AddSingleton(_resources.Resiliency);
        services.AddSingleton(_components.Registry);
        services.AddSingleton(_metrics);
        services.AddSingleton(_tracing);
        services.AddSingleton(_health);
        services.AddSingleton(_shutdown);
        services.AddSingleton(new Http.StateKeys(Options.AppId, ExplicitNamespace(Options)));
    }

    private async Task ListenAsync(WebApplication servers, CancellationToken cancellationToken)
    {
        if (ApiSockets.Of(Options) is not { } sockets)
        {
            await servers.StartAsync(cancellationToken);
            LogListening(_logger, Options.HttpPort, Options.GrpcPort);
            return;
        }

        sockets.Prepare();
        _sockets = sockets;
        await servers.StartAsync(cancellationToken);
        sockets.Restrict();
        LogSockets(_logger, sockets.Http, sockets.Grpc);
    }

    private async Task StartPeersAsync(WebApplication servers, CancellationToken cancellationToken)
    {
        var peers = servers.Services.GetRequiredService<Peers>();
        if (!peers.IsOn)
        {
            return;
        }

        int?[] known = [Options.HttpPort, Options.GrpcPort, Options.MetricsPort, Options.PublicPort];
        var port = servers.Urls.Where(url => !url.StartsWith("http://unix:", StringComparison.Ordinal)).Select(url => new Uri(url).Port).Single(port => !known.Contains(port));
        await peers.StartAsync(port, cancellationToken);
        LogPeers(_logger, port);
    }

    private void StartApp(WebApplication servers)
    {
        if (servers.Services.GetService<LocalApp>() is { } app)
        {
            _localApp = app;
            _process.Directory.Register(Options.AppId, app);
        }

        _app = ActivatorUtilities.CreateInstance<AppWatch>(servers.Services);
        _app.Start();
    }

    private void StartReload(WebApplication servers)
    {
        if (!_resources.Configuration.Features.GetValueOrDefault(HotReload.Feature, true))
        {
            LogReloadOff(_logger);
            return;
        }

        SidecarResources Read(ICollection<ConfigurationError> errors) =>
            new ResourceLoader(_scope, errors).Load(Options.ResourcesPaths, Options.ConfigFiles);

        var reload = ActivatorUtilities.CreateInstance<HotReload>(
            servers.Services, _components, (Func<ICollection<ConfigurationError>, SidecarResources>)Read, _reloadFailure);
        _reload = ActivatorUtilities.CreateInstance<RunningReload>(servers.Services, reload);
    }

    private async Task StopReloadAsync(CancellationToken cancellationToken)
    {
        if (_reload is { } reload)
        {
            _reload = null;
            using (reload)
            {
                await reload.StopAsync(cancellationToken);
            }
        }
    }

    private async Task StopAppWatchAsync(CancellationToken cancellationToken)
    {
        if (_app is not { } app)
        {
            return;
        }

        _app = null;
        using (app)
        {
            await app.StopAsync(cancellationToken);
        }
    }

    private async Task StopServersAsync(CancellationToken cancellationToken)
    {
        if (_servers is not { } servers)
        {
            return;
        }

        _servers = null;
        _health.SetApp(false);
        try
        {
            // Calls in flight have the grace period; what is still running then is cut off.
            await servers.StopAsync(cancellationToken);
        }
        finally
        {
            _health.SetOutbound(false);
            if (_localApp is { } app)
            {
                _process.Directory.Unregister(Options.AppId, app);
            }

            await servers.DisposeAsync();
            _sockets?.Remove();
            LogStopped(_logger, Options.AppId);
        }
    }

    [LoggerMessage(LogLevel.Information, "Starting the sidecar of {AppId}, following Dapr {Version}")]
    private static partial void LogStarting(ILogger logger, string appId, string version);

    [LoggerMessage(LogLevel.Warning, "{Problem}")]
    private static partial void LogResourceWarning(ILogger logger, string problem);

    [LoggerMessage(LogLevel.Information, "The APIs listen on HTTP port {HttpPort} and gRPC port {GrpcPort}")]
    private static partial void LogListening(ILogger logger, int httpPort, int grpcPort);

    [LoggerMessage(LogLevel.Information, "The APIs listen on the sockets {Http} and {Grpc}")]
    private static partial void LogSockets(ILogger logger, string http, string grpc);

    [LoggerMessage(LogLevel.Information, "Sidecars of other processes are let in on port {InternalPort}")]
    private static partial void LogPeers(ILogger logger, int internalPort);

    [LoggerMessage(LogLevel.Information, "Hot reload is off: changed resource files take effect when the sidecar is restarted")]
    private static partial void LogReloadOff(ILogger logger);

    [LoggerMessage(LogLevel.Information, "The sidecar of {AppId} has stopped")]
    private static partial void LogStopped(ILogger logger, string appId);

    [LoggerMessage(LogLevel.Warning, "The stop of {AppId} took longer than its grace and was cut short")]
    private static partial void LogCutShort(ILogger logger, string appId);

    private sealed record Loaded(
        ResourceScope Scope, SidecarResources Resources, ComponentLoader Components, ILoggerFactory Loggers, IReadOnlyList<ConfigurationError> Warnings);
}
