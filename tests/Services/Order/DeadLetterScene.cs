using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.Contracts.Events;
using DaprShop.Order.DeadLetters;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.State;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Order;

/// <summary>An order service whose consumers answer as told, and the requests of whoever looks after its dead letters.</summary>
public abstract class DeadLetterScene : IAsyncLifetime
{
    protected const string Letters = "/api/v1/ops/dead-letters";
    protected const string ToNotification = "orders-to-notification";
    protected static readonly (string, string)[] Operator = [("shop-user", "operator-1"), ("shop-role", "operator")];
    protected static readonly (string, string)[] Colleague = [("shop-user", "operator-2"), ("shop-role", "operator")];

    protected ManualClock Clock { get; } = new(new DateTimeOffset(2026, 1, 31, 23, 59, 0, TimeSpan.Zero));
    protected ConcurrentQueue<(string App, string Path, string Body)> Deliveries { get; } = new();
    private protected FakeSidecar Sidecar { get; private set; } = null!;
    private protected RunningService Order { get; private set; } = null!;

    /// <summary>What the consumer answers; null: nothing that tells what became of it.</summary>
    protected string? Answer { get; set; } = "SUCCESS";

    protected DeliveryFailure? Note { get; set; } = new(3, "The OrderConfirmed names no user.", DateTimeOffset.UnixEpoch);

    public async Task InitializeAsync()
    {
        Sidecar = await FakeSidecar.StartAsync();
        Sidecar.OnInvoke = ConsumeAsync;
        Order = await RunningService.StartAsync(Build, Sidecar, Clock);
    }

    public async Task DisposeAsync()
    {
        await Order.DisposeAsync();
        await Sidecar.DisposeAsync();
    }

    protected static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<BulkReads>();
        builder.Services.AddDeadLetters();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapDeadLetterDelivery();
        app.MapDeadLetters();
        return app;
    }

    /// <summary>The consumers, as the sidecar brings them what they are asked.</summary>
    private async Task ConsumeAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split("/method", 2);
        if (parts[1] == "/internal/failures")
        {
            await (Note is null ? Results.NotFound() : Results.Json(Note)).ExecuteAsync(context);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        Deliveries.Enqueue((parts[0].Split('/')[^1], parts[1], await reader.ReadToEndAsync()));
        Assert.Equal("application/cloudevents+json", context.Request.ContentType);
        await (Answer switch
        {
            null => Results.StatusCode(StatusCodes.Status500InternalServerError),
            "413" => Results.StatusCode(StatusCodes.Status413PayloadTooLarge),
            _ => Results.Json(new { status = Answer }),
        }).ExecuteAsync(context);
    }

    protected Task<string> ReceiveAsync(string message, string subscription = ToNotification) => ReceiveAsync(Encoding.UTF8.GetBytes(message), subscription);

    /// <returns>The letter's id.</returns>
    protected async Task<string> ReceiveAsync(byte[] message, string subscription = ToNotification)
    {
        Assert.Equal("SUCCESS", await ReceiveRawAsync(message, subscription));
        return DeadLetterStore.IdOf(Subscriptions.All.Single(known => known.Name == subscription), DeadMessage.Of(message));
    }

    protected Task<string?> ReceiveRawAsync(byte[] message, string subscription = ToNotification) => Order.DeliverAsync($"/dead-letters/{subscription}", new JsonObject
    {
        ["data_base64"] = Convert.ToBase64String(message),
        ["datacontenttype"] = "application/octet-stream",
        ["id"] = "of the sidecar",
        ["specversion"] = "1.0",
        ["type"] = "com.dapr.event.sent",
    });

    protected async Task<IReadOnlyList<JsonElement>> ListAsync(string filter = "", int limit = 100)
    {
        var letters = new List<JsonElement>();
        for (string? cursor = ""; cursor is not null;)
        {
            using var answer = await Order.SendAsync(
                HttpMethod.Get, $"{Letters}?limit={limit}{filter}{(cursor.Length > 0 ? "&cursor=" + cursor : "")}", null, Operator);
            var page = await answer.JsonAsync();
            letters.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = Text(page, "nextCursor");
        }

        return letters;
    }

    protected async Task<JsonElement> GetAsync(string id)
    {
        using var answer = await Order.SendAsync(HttpMethod.Get, $"{Letters}/{id}", null, Operator);
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.JsonAsync();
    }

    protected Task<(int Status, JsonElement Json)> ReplayAsync(string id, JsonNode? body = null) =>
        SendAsync(HttpMethod.Post, $"{Letters}/{id}/replay", body?.ToJsonString(), Operator);

    protected Task<(int Status, JsonElement Json)> ReplayManyAsync(string subscription, string? cursor = null) =>
        SendAsync(HttpMethod.Post, $"{Letters}/replay", JsonSerializer.Serialize(new { subscription, cursor }), Operator);

    protected Task<(int Status, JsonElement Json)> DiscardAsync(string id) => SendAsync(HttpMethod.Delete, $"{Letters}/{id}", null, Colleague);

    protected async Task<(int Status, JsonElement Json)> SendAsync(HttpMethod method, string path, string? body, (string, string)[] caller)
    {
        using var answer = await Order.SendAsync(method, path, body, caller);
        return ((int)answer.StatusCode, await answer.JsonAsync());
    }

    protected static IEnumerable<string> Audit(JsonElement letter) => letter.GetProperty("audit").EnumerateArray()
        .Select(action => $"{Text(action, "by")} {Text(action, "action")} {action.GetProperty("edited").GetBoolean()}");

    protected static int Count(JsonElement json, string member) => json.GetProperty(member).GetArrayLength();

    protected static string Id(JsonElement letter) => Text(letter, "id")!;

    protected static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();
}
