using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using DaprShop.Tests.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Actors;

/// <summary>
/// An application that hosts actors, and a sidecar that keeps their state in memory and passes calls on to it; turns are not queued, so a
/// test sends one at a time.
/// </summary>
internal sealed class HostedApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private HostedApp(WebApplication app, RecordingSidecar sidecar)
    {
        (_app, Sidecar) = (app, sidecar);
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        sidecar.Answer = AnswerAsync;
    }

    public RecordingSidecar Sidecar { get; }

    /// <summary>Stored JSON by <c>type/id/key</c>.</summary>
    public ConcurrentDictionary<string, string> State { get; } = new();

    /// <summary>Not null: what the sidecar answers to a request to store.</summary>
    public HttpStatusCode? StoreRefuses { get; set; }

    public Diary Diary => _app.Services.GetRequiredService<Diary>();

    public IActorProxyFactory Proxies => _app.Services.GetRequiredService<IActorProxyFactory>();

    public IEnumerable<RecordedRequest> Writes => Sidecar.Requests.Where(request => request.Line.EndsWith("/state", StringComparison.Ordinal));

    public static async Task<HostedApp> StartAsync(Action<ActorRuntimeOptions>? configure = null)
    {
        var sidecar = await RecordingSidecar.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<Diary>();
        builder.Services.AddActors(options =>
        {
            options.HttpEndpoint = sidecar.Endpoint + "/";
            options.UseJsonSerialization = true;
            options.Actors.RegisterActor<CounterActor>();
            configure?.Invoke(options);
        });
        var app = builder.Build();
        app.MapActorsHandlers();
        await app.StartAsync();
        return new HostedApp(app, sidecar);
    }

    /// <summary>Calls the app as the sidecar would.</summary>
    public async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public Task<(HttpStatusCode Status, string Body)> CallAsync(string id, string method, string? json = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, $"/actors/Counter/{id}/method/{method}", json, headers);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await Sidecar.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["v1.0", "actors", var type, var id, "method", var method]:
                await ForwardAsync(context, $"/actors/{type}/{id}/method/{method}");
                break;
            case ["v1.0", "actors", var type, var id, "state", var key] when State.TryGetValue($"{type}/{id}/{key}", out var json):
                await context.Response.WriteAsync(json);
                break;
            case ["v1.0", "actors", var type, var id, "state"]:
                Store($"{type}/{id}", LastBody());
                context.Response.StatusCode = (int)(StoreRefuses ?? HttpStatusCode.NoContent);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
        }
    }

    private string LastBody() => Sidecar.Requests.Last().Body;

    private void Store(string actor, string operations)
    {
        if (StoreRefuses is not null)
        {
            return;
        }

        foreach (var operation in JsonNode.Parse(operations)!.AsArray())
        {
            var key = $"{actor}/{operation!["request"]!["key"]}";
            if (operation["operation"]!.GetValue<string>() == "delete")
            {
                State.TryRemove(key, out _);
            }
            else
            {
                State[key] = operation["request"]!["value"]?.ToJsonString() ?? "null";
            }
        }
    }

    private async Task ForwardAsync(HttpContext context, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(LastBody())) };
        foreach (var header in context.Request.Headers.Where(header => header.Key.Contains("Dapr", StringComparison.OrdinalIgnoreCase)))
        {
            request.Headers.TryAddWithoutValidation(header.Key, (string?)header.Value);
        }

        using var response = await _http.SendAsync(request);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsync("""{"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error invoke actor method"}""");
            return;
        }

        foreach (var header in response.Headers.Where(header => header.Key.StartsWith("X-Dapr", StringComparison.OrdinalIgnoreCase)))
        {
            context.Response.Headers[header.Key] = header.Value.ToArray();
        }

        await context.Response.Body.WriteAsync(await response.Content.ReadAsByteArrayAsync());
    }
}
