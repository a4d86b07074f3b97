using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests;

/// <summary>
/// A sidecar of the tests: records what it is asked, keeps state in memory with ETags (first write wins), hands out secrets, takes
/// events, and lets a test say what an invoked app answers.
/// </summary>
internal sealed class FakeSidecar : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, (JsonNode? Value, int Version)> _state = [];

    private int _settingsAsked;
    private int _storeAsked;

    private FakeSidecar(WebApplication app) => _app = app;

    public ConcurrentQueue<Recorded> Invocations { get; } = new();

    public ConcurrentQueue<Recorded> Published { get; } = new();

    /// <summary>Jobs that were planned, each name once; they never run by themselves.</summary>
    public ConcurrentQueue<Recorded> Jobs { get; } = new();

    public ConcurrentQueue<Recorded> BindingCalls { get; } = new();

    /// <summary>What planning a job is answered.</summary>
    public int JobStatus { get; set; } = StatusCodes.Status204NoContent;

    /// <summary>What an output binding answers.</summary>
    public int BindingStatus { get; set; } = StatusCodes.Status204NoContent;

    /// <summary>False makes every state call fail, as a store that is down.</summary>
    public bool StoreIsUp { get; set; } = true;

    /// <summary>State calls so far, whatever they were answered.</summary>
    public int StoreAsked => _storeAsked;

    /// <summary>What the order service says the settings are; null: nothing. A gateway asks all the time, so it is not among the invocations.</summary>
    public JsonNode? Settings { get; set; }

    public int SettingsAsked => _settingsAsked;

    public Func<HttpContext, Task> OnInvoke { get; set; } = context =>
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    };

    public int Port => new Uri(_app.Urls.Single()).Port;

    public static async Task<FakeSidecar> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var sidecar = new FakeSidecar(app);
        app.Run(sidecar.HandleAsync);
        await app.StartAsync();
        return sidecar;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task HandleAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["v1.0", "state", ..])
        {
            Interlocked.Increment(ref _storeAsked);
        }

        return parts switch
        {
            ["v1.0", "healthz", ..] => Answer(context, 204),
            ["v1.0", "secrets", _, var name] => Answer(context, 200, new JsonObject { [name] = Secret }),
            ["v1.0", "invoke", "order", "method", "internal", "settings"] => SettingsAsync(context),
            ["v1.0", "invoke", ..] => InvokeAsync(context),
            ["v1.0", "publish", ..] => RecordAsync(context, Published),
            ["v1.0", "jobs", ..] => JobAsync(context),
            ["v1.0", "bindings", ..] => BindingAsync(context),
            ["v1.0", "state", ..] when !StoreIsUp => Answer(context, 500, new JsonObject { ["errorCode"] = "ERR_STATE_GET", ["message"] = "down" }),
            ["v1.0", "state", _, "bulk"] => BulkAsync(context),
            ["v1.0", "state", _] => SaveAsync(context),
            ["v1.0", "state", _, ..] => Get(context, Uri.UnescapeDataString(string.Join('/', parts[3..]))),
            _ => Answer(context, 404),
        };
    }

    public const string Secret = "a signing key of the tests, long enough for HS256";

    private Task SettingsAsync(HttpContext context)
    {
        Interlocked.Increment(ref _settingsAsked);
        return Settings is null ? Answer(context, 404) : Answer(context, 200, Settings.DeepClone());
    }

    private async Task InvokeAsync(HttpContext context)
    {
        await RecordAsync(context, Invocations, answer: false);
        await OnInvoke(context);
    }

    private async Task JobAsync(HttpContext context)
    {
        if (JobStatus >= 400 || Jobs.Any(job => job.Path == context.Request.Path.Value))
        {
            await Answer(context, JobStatus >= 400 ? JobStatus : StatusCodes.Status409Conflict);
            return;
        }

        await RecordAsync(context, Jobs);
    }

    private async Task BindingAsync(HttpContext context)
    {
        await RecordAsync(context, BindingCalls, answer: false);
        context.Response.StatusCode = BindingStatus;
    }

    private static async Task RecordAsync(HttpContext context, ConcurrentQueue<Recorded> into, bool answer = true)
    {
        // The test that answers reads it again.
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Request.Body = body;
        body.Position = 0;
        into.Enqueue(new Recorded(
            context.Request.Method,
            context.Request.Path.Value + context.Request.QueryString,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Encoding.UTF8.GetString(body.ToArray())));
        if (answer)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private Task Get(HttpContext context, string key)
    {
        lock (_state)
        {
            if (!_state.TryGetValue(key, out var entry))
            {
                return Answer(context, 204);
            }

            context.Response.Headers["ETag"] = entry.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return Answer(context, 200, entry.Value?.DeepClone());
        }
    }

    private async Task BulkAsync(HttpContext context)
    {
        var asked = (await JsonNode.ParseAsync(context.Request.Body))!["keys"]!.AsArray();
        var found = new JsonArray();
        lock (_state)
        {
            foreach (var key in asked.Select(node => node!.GetValue<string>()))
            {
                var item = new JsonObject { ["key"] = key };
                if (_state.TryGetValue(key, out var entry))
                {
                    item["data"] = entry.Value?.DeepClone();
                    item["etag"] = entry.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
                }

                found.Add(item);
            }
        }

        await Answer(context, 200, found);
    }

    private async Task SaveAsync(HttpContext context)
    {
        var items = (await JsonNode.ParseAsync(context.Request.Body))!.AsArray();
        var status = 204;
        lock (_state)
        {
            foreach (var item in items)
            {
                var key = item!["key"]!.GetValue<string>();
                var etag = item["etag"]?.GetValue<string>() ?? "";
                var firstWrite = item["options"]?["concurrency"]?.GetValue<string>() == "first-write";
                var current = _state.TryGetValue(key, out var entry) ? entry.Version : 0;
                if ((firstWrite || etag.Length > 0) && etag != (current == 0 ? "" : current.ToString(System.Globalization.CultureInfo.InvariantCulture)))
                {
                    status = 409;
                    continue;
                }

                _state[key] = (item["value"]?.DeepClone(), current + 1);
            }
        }

        await (status == 204 ? Answer(context, 204) : Answer(context, 409, new JsonObject { ["errorCode"] = "ERR_STATE_SAVE", ["message"] = "possible etag mismatch" }));
    }

    private static Task Answer(HttpContext context, int status, JsonNode? body = null)
    {
        context.Response.StatusCode = status;
        if (body is null)
        {
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }
}

internal sealed record Recorded(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}
