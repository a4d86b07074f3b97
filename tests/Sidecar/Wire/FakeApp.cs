using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Wire;

/// <param name="Target">Path and query as the sidecar sent them.</param>
internal sealed record AppRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

internal sealed record AppAnswer(int Status, string Body = "", string ContentType = "application/json")
{
    public (string Name, string Value)? Header { get; init; }
}

/// <summary>
/// An app that records what the sidecar asks of it. Answers 404 unless told otherwise, which to the sidecar means: no
/// such route, no subscriptions.
/// </summary>
internal sealed class FakeApp : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<AppRequest> _requests = new();

    private FakeApp(WebApplication server) => _server = server;

    /// <summary>Decides each answer; may be replaced at any time.</summary>
    public Func<AppRequest, AppAnswer> Answer { get; set; } = _ => new AppAnswer(StatusCodes.Status404NotFound);

    /// <summary>Awaited before each answer: lets a test keep requests in hand. The sidecar's death ends the wait.</summary>
    public Func<AppRequest, Task> Hold { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<AppRequest> Requests => [.. _requests];

    public int Port { get; private set; }

    /// <param name="port">0: any free one.</param>
    public static async Task<FakeApp> StartAsync(Func<AppRequest, AppAnswer>? answer = null, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var server = builder.Build();
        var app = new FakeApp(server);
        if (answer is not null)
        {
            app.Answer = answer;
        }

        server.Run(app.HandleAsync);
        await server.StartAsync();
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        app.Port = new Uri(addresses.Single()).Port;
        return app;
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = new AppRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
        _requests.Enqueue(request);
        await Hold(request).WaitAsync(context.RequestAborted);
        var answer = Answer(request);
        context.Response.StatusCode = answer.Status;
        if (answer.Header is var (name, value))
        {
            context.Response.Headers[name] = value;
        }

        if (answer.Body.Length > 0)
        {
            context.Response.ContentType = answer.ContentType;
            await context.Response.WriteAsync(answer.Body, context.RequestAborted);
        }
    }
}
