using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Invocation;

/// <summary>An app whose handler the test writes itself, for what a recorded answer cannot show.</summary>
internal sealed class StreamingApp : IAsyncDisposable
{
    private readonly WebApplication _server;

    private StreamingApp(WebApplication server, int port) => (_server, Port) = (server, port);

    public int Port { get; }

    public static async Task<StreamingApp> StartAsync(RequestDelegate handler)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        });
        var server = builder.Build();
        server.Run(context =>
        {
            if (context.Request.Path.StartsWithSegments("/dapr"))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            return handler(context);
        });
        await server.StartAsync();
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new StreamingApp(server, new Uri(addresses.Single()).Port);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
}
