using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Services.State;

/// <summary>What the store does with the next write.</summary>
internal enum WriteFault
{
    /// <summary>Applied, and answered 409 all the same: a client re-sent a swap whose answer was lost (Redis).</summary>
    AppliedButConflict,

    /// <summary>Applied, and the connection dropped before the answer.</summary>
    AppliedButNoAnswer,

    /// <summary>Applied, and answered 500.</summary>
    AppliedButError,

    /// <summary>Not applied, answered 500: a lost create on Redis, or a store in trouble.</summary>
    ErrorNotApplied,

    /// <summary>Not applied, answered 409: on Redis any failed ETag write looks like that.</summary>
    ConflictNotApplied,

    /// <summary>Applied, and then nothing is answered at all until the client gives up.</summary>
    AppliedButHangs,
}

/// <summary>The state API of a sidecar whose store misbehaves as told: Dapr's wire, one store, ETags as a counter.</summary>
internal sealed class FaultyStateSidecar : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Value, int Etag)> _items = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<WriteFault> _writeFaults = new();
    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private int _failingReads;
    private int _failingBulkItems;
    private int _writes;

    private FaultyStateSidecar(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Somebody else holds every lock. False: every lock is free, as one is whose lease has run out.</summary>
    public bool LockIsTaken { get; set; }

    /// <summary>Nobody who locks or unlocks gets an answer.</summary>
    public bool LockHangs { get; set; }

    /// <summary>Requests of the lock API so far: the path and the body.</summary>
    public ConcurrentQueue<(string Path, JsonElement Body)> LockCalls { get; } = new();

    /// <summary>There is a broker, which takes everything.</summary>
    public bool HasBroker { get; set; }

    /// <summary>Ids of the events it took.</summary>
    public ConcurrentQueue<string> Published { get; } = new();

    /// <summary>Runs before each write is judged: lets another writer slip in.</summary>
    public Action<FaultyStateSidecar>? BeforeWrite { get; set; }

    public static async Task<FaultyStateSidecar> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var sidecar = new FaultyStateSidecar(app);
        app.MapGet("/v1.0/state/statestore/{key}", sidecar.ReadAsync);
        app.MapPost("/v1.0/state/statestore", sidecar.WriteAsync);
        app.MapPost("/v1.0/state/statestore/bulk", sidecar.ReadManyAsync);
        app.MapPost("/v1.0/publish/bulk/{broker}/{topic}", sidecar.PublishManyAsync);
        app.MapPost("/v1.0-alpha1/lock/{store}", context => sidecar.AnswerLockAsync(context, new { success = !sidecar.LockIsTaken }));
        app.MapPost("/v1.0-alpha1/unlock/{store}", context => sidecar.AnswerLockAsync(context, new { status = 0 }));
        await app.StartAsync();
        return sidecar;
    }

    public void FailWrites(params WriteFault[] faults)
    {
        foreach (var fault in faults)
        {
            _writeFaults.Enqueue(fault);
        }
    }

    /// <summary>What was planned and has not happened yet does not happen.</summary>
    public void Heal() => _writeFaults.Clear();

    public void FailReads(int count) => _failingReads = count;

    /// <summary>As many items of the next bulk reads carry an error instead of their value, which Dapr's clients do not show.</summary>
    public void FailBulkItems(int count) => _failingBulkItems = count;

    public string? Raw(string key) => _items.TryGetValue(key, out var item) ? item.Value : null;

    public void Put(string key, string value) =>
        _items.AddOrUpdate(key, (value, 1), (_, found) => (value, found.Etag + 1));

    public void Remove(string key) => _items.TryRemove(key, out _);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReadAsync(string key, HttpContext context)
    {
        if (Interlocked.Decrement(ref _failingReads) >= 0)
        {
            await ErrorAsync(context, 500, "ERR_STATE_GET");
            return;
        }

        // Routing leaves an encoded slash as it is; Dapr decodes it.
        if (!_items.TryGetValue(Uri.UnescapeDataString(key), out var item))
        {
            context.Response.StatusCode = 204;
            return;
        }

        context.Response.Headers.ETag = $"{item.Etag}";
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(item.Value);
    }

    private async Task<IResult> PublishManyAsync(HttpRequest request)
    {
        if (!HasBroker)
        {
            return Results.NotFound();
        }

        using var body = await JsonDocument.ParseAsync(request.Body);
        foreach (var entry in body.RootElement.EnumerateArray())
        {
            Published.Enqueue(entry.GetProperty("metadata").GetProperty("cloudevent.id").GetString()!);
        }

        return Results.NoContent();
    }

    private async Task ReadManyAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var answer = new JsonArray();
        foreach (var key in body.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetString()!))
        {
            var item = new JsonObject { ["key"] = key };
            if (_items.TryGetValue(key, out var found))
            {
                if (Interlocked.Decrement(ref _failingBulkItems) >= 0)
                {
                    item["error"] = "planned";
                }
                else
                {
                    (item["data"], item["etag"]) = (JsonNode.Parse(found.Value), $"{found.Etag}");
                }
            }

            answer.Add(item);
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private async Task WriteAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var request = body.RootElement[0];
        BeforeWrite?.Invoke(this);
        Interlocked.Increment(ref _writes);
        WriteFault? fault = _writeFaults.TryDequeue(out var planned) ? planned : null;
        var applied = fault is not (WriteFault.ErrorNotApplied or WriteFault.ConflictNotApplied) && TryApply(request);
        switch (fault)
        {
            case WriteFault.AppliedButHangs:
                await HangAsync(context);
                return;
            case WriteFault.AppliedButNoAnswer:
                context.Abort();
                return;
            case WriteFault.AppliedButConflict or WriteFault.ConflictNotApplied:
                await ErrorAsync(context, 409, "ERR_STATE_SAVE");
                return;
            case WriteFault.AppliedButError or WriteFault.ErrorNotApplied:
                await ErrorAsync(context, 500, "ERR_STATE_SAVE");
                return;
        }

        if (applied)
        {
            context.Response.StatusCode = 204;
        }
        else
        {
            await ErrorAsync(context, 409, "ERR_STATE_SAVE");
        }
    }

    private async Task AnswerLockAsync(HttpContext context, object answer)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        LockCalls.Enqueue((context.Request.Path, body.RootElement.Clone()));
        if (LockHangs)
        {
            await HangAsync(context);
            return;
        }

        await context.Response.WriteAsJsonAsync(answer);
    }

    /// <summary>Until the client gives up.</summary>
    private static Task HangAsync(HttpContext context) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    private bool TryApply(JsonElement request)
    {
        lock (_lock)
        {
            var key = request.GetProperty("key").GetString()!;
            var etag = request.TryGetProperty("etag", out var given) ? given.GetString() : null;
            var isFirstWrite = request.TryGetProperty("options", out var options)
                && options.TryGetProperty("concurrency", out var concurrency)
                && concurrency.GetString() == "first-write";
            var exists = _items.TryGetValue(key, out var item);
            var matches = string.IsNullOrEmpty(etag) ? !exists || !isFirstWrite : exists && etag == $"{item.Etag}";
            if (matches)
            {
                Put(key, request.GetProperty("value").GetRawText());
            }

            return matches;
        }
    }

    private static Task ErrorAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { errorCode = code, message = "planned" });
    }
}
