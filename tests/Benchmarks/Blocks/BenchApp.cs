using System.Globalization;
using Dapr.Workflow;
using DaprShop.Benchmarks.Drivers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprShop.Benchmarks.Blocks;

/// <summary>The app behind the sidecars, in the bench's own process: it answers, notices events, hosts actors and works on workflows.</summary>
internal sealed class BenchApp : IAsyncDisposable
{
    private readonly WebApplication _server;

    private BenchApp(WebApplication server, int port) => (_server, Port) = (server, port);

    public int Port { get; }

    public static async Task<BenchApp> StartAsync(int port, Arrivals arrivals)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        var server = builder.Build();
        server.Run(async context =>
        {
            var path = context.Request.Path.Value!;
            if (path == "/events")
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                arrivals.Arrived(body.GetBuffer().AsSpan(0, (int)body.Length));
            }
            else if (path == "/dapr/config")
            {
                await context.Response.WriteAsync("""{"entities":["bench"]}""");
            }
            else if (path == "/m" || path.StartsWith("/actors/", StringComparison.Ordinal))
            {
                context.Response.ContentLength = 2;
                await context.Response.WriteAsync("ok");
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
        });
        await server.StartAsync();
        return new BenchApp(server, port);
    }

    /// <summary>A worker of the SDK and its client, for one sidecar.</summary>
    public static async Task<WorkflowSide> WorkAsync(SidecarProcess sidecar)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["DAPR_GRPC_PORT"] = sidecar.GrpcPort.ToString(CultureInfo.InvariantCulture);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(DaprShop.TestKit.Shop.FreePorts.Take(1)[0]));
        builder.Services.AddDaprWorkflow(options =>
        {
            options.RegisterWorkflow<int, int>("three", async (context, n) =>
            {
                for (var step = 0; step < 3; step++)
                {
                    n = await context.CallActivityAsync<int>("add", n);
                }

                return n;
            });
            options.RegisterActivity<int, int>("add", (_, n) => Task.FromResult(n + 1));
        });
        var server = builder.Build();
        await server.StartAsync();
        return new WorkflowSide(server, server.Services.GetRequiredService<DaprWorkflowClient>());
    }

    /// <summary>Until the process is told to end.</summary>
    public Task WaitForEndAsync() => HostingAbstractionsHostExtensions.WaitForShutdownAsync(_server);

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

internal sealed class WorkflowSide(WebApplication server, DaprWorkflowClient client) : IAsyncDisposable
{
    /// <summary>Start, three activities, end.</summary>
    public async Task RunOneAsync()
    {
        var id = await client.ScheduleNewWorkflowAsync("three", null, 0);
        var state = await client.WaitForWorkflowCompletionAsync(id);
        if (state.ReadOutputAs<int>() != 3)
        {
            throw new InvalidOperationException($"the workflow {id} ended as {state.RuntimeStatus}");
        }
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
