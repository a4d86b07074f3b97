using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Grpc;

namespace DaprShop.Tests.Grpc;

/// <summary>The gRPC server alone, with methods of the test's own, on a free port.</summary>
internal sealed class GrpcTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcTestServer(WebApplication app)
    {
        _app = app;
        Client = new RawGrpcClient(AddressOf(app));
    }

    public RawGrpcClient Client { get; }

    public static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        return builder;
    }

    public static async Task<GrpcTestServer> StartAsync(
        IEnumerable<GrpcMethod> methods, string? apiToken = null, long maxMessageBytes = 4 << 20, TimeProvider? clock = null, ILoggerFactory? loggers = null)
    {
        var app = CreateBuilder().Build();
        var server = new GrpcServer(methods, apiToken, maxMessageBytes, clock ?? TimeProvider.System, new Logger<GrpcServer>(loggers ?? NullLoggerFactory.Instance));
        app.Run(server.ServeAsync);
        await app.StartAsync();
        return new GrpcTestServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
