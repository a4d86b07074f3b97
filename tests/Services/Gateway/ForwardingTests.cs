using System.Net;
using System.Text.Json;
using DaprShop.Gateway;
using DaprShop.Gateway.Authentication;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Gateway;

public sealed class ForwardingTests : IAsyncLifetime
{
    private FakeSidecar _sidecar = null!;
    private RunningService _gateway = null!;

    public async Task InitializeAsync()
    {
        _sidecar = await FakeSidecar.StartAsync();
        _gateway = await RunningService.StartAsync(GatewayHost.Build, _sidecar);
        await Eventually.True(() => _gateway.Get<SigningKey>().IsKnown);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Forward_SignedInOrder_ArrivesWithCallerAndKeyAndNothingElse()
    {
        var token = await SignInAsync("shopper-1");
        _sidecar.OnInvoke = context =>
        {
            context.Response.StatusCode = 202;
            context.Response.Headers.Location = "/api/v1/orders/o-1";
            context.Response.Headers.ETag = "\"1\"";
            context.Response.Headers["Idempotency-Replayed"] = "true";
            context.Response.Headers["dapr-internal"] = "x";
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync("""{"id":"o-1"}""");
        };

        var answer = await _gateway.SendAsync(
            HttpMethod.Post, "/api/v1/orders?x=1", """{"items":[]}""",
            ("Authorization", $"Bearer {token}"), ("Idempotency-Key", "k 1"), ("If-Match", "\"3\""),
            ("shop-user", "shopper-9"), ("shop-role", "operator"), ("dapr-app-id", "payment"), ("dapr-api-token", "stolen"),
            ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil"), ("Forwarded", "for=1.2.3.4"), ("Cookie", "a=b"), ("X-Custom", "1"));

        var seen = _sidecar.Invocations.Single();
        Assert.Equal("POST", seen.Method);
        Assert.Equal("/v1.0/invoke/order/method/api/v1/orders?x=1", seen.Path);
        Assert.Equal("""{"items":[]}""", seen.Body);
        Assert.Equal("shopper-1", seen.Headers["shop-user"]);
        Assert.Equal("customer", seen.Headers["shop-role"]);
        Assert.Equal("k 1", seen.Headers["Idempotency-Key"]);
        Assert.Equal("\"3\"", seen.Headers["If-Match"]);
        Assert.Equal(answer.Headers.GetValues("X-Trace-Id").Single(), seen.Headers["traceparent"].Split('-')[1]);
        var named = seen.Headers.Keys.Select(name => name.ToUpperInvariant()).Order(StringComparer.Ordinal);
        Assert.Equal(
            ["CONTENT-LENGTH", "CONTENT-TYPE", "HOST", "IDEMPOTENCY-KEY", "IF-MATCH", "SHOP-ROLE", "SHOP-USER", "TRACEPARENT"], named);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("/api/v1/orders/o-1", answer.Headers.Location?.OriginalString);
        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        Assert.Equal("true", answer.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.False(answer.Headers.Contains("dapr-internal"));
        Assert.Equal("""{"id":"o-1"}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "/api/v1/orders", null, 401, "unauthenticated")]
    [InlineData("GET", "/api/v1/orders", "garbage", 401, "unauthenticated")]
    [InlineData("GET", "/api/v1/ops/invariants", "shopper-1", 403, "forbidden")]
    [InlineData("PUT", "/api/v1/products/SKU-1", "shopper-1", 403, "forbidden")]
    [InlineData("GET", "/api/v1/points", "shopper-1", 404, "not-found")]
    [InlineData("GET", "/internal/stock-audit", "operator-1", 404, "not-found")]
    [InlineData("PATCH", "/api/v1/orders", "shopper-1", 405, "method-not-allowed")]
    [InlineData("GET", "/api/v1/products/..%2F..%2Finternal", null, 404, "not-found")]
    [InlineData("GET", "/api/v1/products/a%252Fb", null, 404, "not-found")]
    [InlineData("GET", "/api/v1/products/a%20b", null, 404, "not-found")]
    public async Task Request_NotAllowed_NeverReachesAnApp(string method, string path, string? who, int status, string problem)
    {
        var headers = who switch
        {
            null => [],
            "garbage" => new (string, string)[] { ("Authorization", "Bearer a.b.c") },
            _ => [("Authorization", $"Bearer {await SignInAsync(who)}")],
        };

        var answer = await _gateway.SendAsync(new HttpMethod(method), path, null, headers);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Empty(_sidecar.Invocations);
        var body = await answer.JsonAsync();
        Assert.Equal("urn:daprshop:problem:" + problem, body.GetProperty("type").GetString());
        Assert.Equal(status == 401, answer.Headers.WwwAuthenticate.Count > 0);
    }

    [Fact]
    public async Task Forward_AnonymousRoute_NamesNoUser()
    {
        await _gateway.SendAsync(HttpMethod.Get, "/api/v1/products/SKU-1001", null, ("shop-user", "shopper-1"), ("If-None-Match", "\"1\""));

        var seen = _sidecar.Invocations.Single();
        Assert.Equal("/v1.0/invoke/catalog/method/api/v1/products/SKU-1001", seen.Path);
        Assert.Equal("\"1\"", seen.Headers["If-None-Match"]);
        Assert.False(seen.Headers.ContainsKey("shop-user"));
    }

    [Fact]
    public async Task Forward_ProblemOfTheApp_PassesUnchanged()
    {
        _sidecar.OnInvoke = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            context.Response.ContentType = "application/problem+json";
            return context.Response.WriteAsync("""{"type":"urn:daprshop:problem:overloaded"}""");
        };

        var answer = await _gateway.SendAsync(HttpMethod.Get, "/api/v1/products");

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("7", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal("""{"type":"urn:daprshop:problem:overloaded"}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(500, "application/json", """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: catalog"}""")]
    [InlineData(403, "application/json", """{"errorCode":"ERR_DIRECT_INVOKE","message":"access control"}""")]
    [InlineData(401, "text/plain", "invalid api token")]
    public async Task Forward_ErrorOfTheSidecar_Is503AndTellsNothing(int status, string contentType, string body)
    {
        _sidecar.OnInvoke = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = contentType;
            return context.Response.WriteAsync(body);
        };

        var answer = await _gateway.SendAsync(HttpMethod.Get, "/api/v1/products");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("dependency-unavailable", await answer.ProblemAsync());
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
        Assert.DoesNotContain("ERR_", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Forward_NoSidecar_Is503()
    {
        await _sidecar.DisposeAsync();

        var answer = await _gateway.SendAsync(HttpMethod.Get, "/api/v1/products");

        Assert.Equal("dependency-unavailable", await answer.ProblemAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forward_BodyOverTheLimit_Is413(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/provider") { Content = new StringContent(new string(' ', 65 * 1024)) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        var answer = await _gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("payload-too-large", await answer.ProblemAsync());
    }

    [Fact]
    public async Task Stream_Event_ArrivesWhileTheAppStillHoldsTheStreamOpen()
    {
        var token = await SignInAsync("shopper-1");
        var gone = new TaskCompletionSource();
        _sidecar.OnInvoke = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        };

        var answer = await _gateway.SendAsync(
            HttpMethod.Get, "/api/v1/notifications/stream", null, ("Authorization", $"Bearer {token}"), ("Last-Event-ID", "4"));
        var stream = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[64];
        var read = await stream.ReadAsync(buffer);

        Assert.Equal("data: 1\n\n", System.Text.Encoding.UTF8.GetString(buffer, 0, read));
        Assert.Equal("4", _sidecar.Invocations.Single().Headers["Last-Event-ID"]);
        Assert.False(gone.Task.IsCompleted);

        // The client's going away reaches the app.
        answer.Dispose();
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Health_AnAppIsNotReady_Is503NamingIt()
    {
        _sidecar.OnInvoke = context =>
        {
            context.Response.StatusCode = context.Request.Path.Value!.Contains("/payment/", StringComparison.Ordinal) ? 503 : 200;
            return Task.CompletedTask;
        };

        var answer = await _gateway.SendAsync(HttpMethod.Get, "/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var checks = (await answer.JsonAsync()).GetProperty("checks");
        Assert.Equal("Unhealthy", checks.GetProperty("payment").GetProperty("status").GetString());
        Assert.Equal("Healthy", checks.GetProperty("order").GetProperty("status").GetString());
        Assert.Equal("Healthy", checks.GetProperty("signing-key").GetProperty("status").GetString());
    }

    private async Task<string> SignInAsync(string user)
    {
        var answer = await _gateway.SendAsync(HttpMethod.Post, "/api/v1/tokens", JsonSerializer.Serialize(new { userName = user, password = "demo" }));
        return (await answer.JsonAsync()).GetProperty("accessToken").GetString()!;
    }
}
