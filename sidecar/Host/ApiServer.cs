using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sidecar.Actors;
using Sidecar.Api;
using Sidecar.Bindings;
using Sidecar.ConfigurationStores;
using Sidecar.Grpc;
using Sidecar.Http;
using Sidecar.Invocation;
using Sidecar.Jobs;
using Sidecar.Metrics;
using Sidecar.NameResolution;
using Sidecar.Pipelines;
using Sidecar.PubSub;
using Sidecar.Resiliency;
using Sidecar.Tracing;
using Sidecar.Workflows;

namespace Sidecar.Host;

/// <summary>
/// The HTTP and the gRPC API of one sidecar: one server with a port for each protocol, since cleartext HTTP/2 cannot
/// share a port with HTTP/1.1 here.
/// </summary>
internal static class ApiServer
{
    // Go's HTTP server, which daprd uses, allows this much on top of the limit it is given.
    private const int HeaderSlack = 4096;

    public static WebApplication Build(SidecarOptions options, Action<IServiceCollection> addSidecar)
    {
        // Empty: nothing from appsettings, ASPNETCORE_* or Ctrl+C may reach a sidecar that shares its process with others.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sidecar" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            Configure(kestrel, options);
            ConfigureSide(kestrel, options, kestrel.ApplicationServices.GetRequiredService<SidecarMetrics>().IsOn);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.GracefulShutdown);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>();
        builder.Services.AddRoutingCore();
        addSidecar(builder.Services);
        builder.Services.AddSingleton<AppHealth>();
        builder.Services.AddSingleton<ActiveSubscriptions>();
        builder.Services.AddSingleton<ExtendedMetadata>();
        builder.Services.AddSingleton<ResiliencyPolicies>();
        builder.Services.AddSingleton<ComponentCalls>();
        builder.Services.AddSingleton<HttpPipelines>();
        builder.Services.AddApi();
        builder.Services.AddConfigurationStores().AddPubSub().AddBindings().AddInvocation().AddWorkflows().AddJobs().AddActors();

        var app = builder.Build();
        app.UsePeers();
        app.UseMetricsEndpoint();
        app.UseRequestTarget();
        app.UseGrpcApi();
        app.UseHttpApiOnly();
        app.UseRequestTracing(app.Services.GetRequiredService<SidecarTracing>());
        app.UseHttpMetrics();
        app.UseUnlessPublic(options, api =>
        {
            api.UseApiToken(options.ApiToken);
            api.UseHttpPipeline();
            api.UseApiLog(options);
        });
        app.UseFaultBoundary();
        app.UseRouting();
        app.MapAllowed(app.Services.GetRequiredService<ApiAccess>(), Map);
        return app;
    }

    private static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapHealth();
        routes.MapMetadata();
        routes.MapShutdown();
        routes.MapState();
        routes.MapLock();
        routes.MapSecrets();
        routes.MapConfiguration();
        routes.MapPublish();
        routes.MapBindings();
        routes.MapWorkflows();
        routes.MapActors();
        routes.MapJobs();
        routes.MapInvoke();
    }

    private static void Configure(KestrelServerOptions kestrel, SidecarOptions options)
    {
        kestrel.AddServerHeader = false;

        // An app's answer may hold any bytes in its headers; with the app channel reading them the same way they pass unchanged.
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = options.MaxBodySizeBytes > 0 ? options.MaxBodySizeBytes : null;
        limits.MaxRequestHeadersTotalSize = options.ReadBufferSizeBytes + HeaderSlack;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        // One SDK client puts all its calls on one connection.
        limits.Http2.MaxStreamsPerConnection = 1000;
        limits.Http2.InitialConnectionWindowSize = 1 << 20;
        limits.Http2.InitialStreamWindowSize = 1 << 19;
        if (ApiSockets.Of(options) is { } sockets)
        {
            kestrel.ListenUnixSocket(sockets.Http, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenUnixSocket(sockets.Grpc, listen => listen.Protocols = HttpProtocols.Http2);
        }

        foreach (var address in Addresses(options))
        {
            kestrel.Listen(address, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(address, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        }

        if (kestrel.ApplicationServices.GetRequiredService<Peers>().IsOn)
        {
            kestrel.Listen(IPAddress.Parse(options.InternalListenAddress), options.InternalPort, listen => listen.ForPeers());
        }
    }

    private static void ConfigureSide(KestrelServerOptions kestrel, SidecarOptions options, bool servesMetrics)
    {
        if (servesMetrics && options.MetricsPort is { } metricsPort)
        {
            kestrel.Listen(Address(options.MetricsListenAddress), metricsPort, listen => listen.Protocols = HttpProtocols.Http1);
        }

        if (options.PublicPort is { } publicPort)
        {
            kestrel.Listen(Address(options.PublicListenAddress), publicPort, listen => listen.Protocols = HttpProtocols.Http1);
        }
    }

    private static IPAddress Address(string? text) => string.IsNullOrEmpty(text) ? IPAddress.Loopback : Parse(text);

    private static IPAddress Parse(string address) =>
        IPAddress.TryParse(address, out var parsed) ? parsed : throw new ArgumentException($"'{address}' is not an IP address to listen on");

    // daprd listens on all interfaces by default. These sidecars run on a developer's machine, mostly without an API
    // token, and must not offer their state to the network; --dapr-listen-addresses restores daprd's way.
    private static IEnumerable<IPAddress> Addresses(SidecarOptions options) =>
        options.UnixDomainSocket is not null ? []
            : options.ListenAddresses.Count == 0 ? [IPAddress.Loopback]
            : options.ListenAddresses.Select(Parse);
}
