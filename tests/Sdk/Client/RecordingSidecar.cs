using System.Collections.Concurrent;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Client;

/// <summary>Listens where a sidecar would, writes down every request as it came over the wire, and answers what the test says.</summary>
internal sealed class RecordingSidecar : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RecordingSidecar(WebApplication app) => _app = app;

    public ConcurrentQueue<RecordedRequest> Requests { get; } = new();

    public RecordedRequest Request => Assert.Single(Requests);

    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public Func<HttpContext, Task> Answer { get; set; } = context =>
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    };

    public static async Task<RecordingSidecar> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var sidecar = new RecordingSidecar(app);
        app.Run(sidecar.RecordAsync);
        await app.StartAsync();
        return sidecar;
    }

    /// <summary>A sidecar that answers every call with this.</summary>
    public static async Task<RecordingSidecar> AnsweringAsync(int status, string body = "", params (string Name, string Value)[] headers)
    {
        var sidecar = await StartAsync();
        sidecar.Answer = async context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers)
            {
                context.Response.Headers[name] = value;
            }

            if (body.Length > 0)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(body);
            }
        };
        return sidecar;
    }

    public DaprClient Client(Func<DaprClientBuilder, DaprClientBuilder>? configure = null)
    {
        var builder = new DaprClientBuilder().UseHttpEndpoint(Endpoint).UseDaprApiToken("");
        return (configure?.Invoke(builder) ?? builder).Build();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task RecordAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Requests.Enqueue(new RecordedRequest($"{context.Request.Method} {target}", body, headers));
        await Answer(context);
    }
}

internal sealed record RecordedRequest(string Line, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
