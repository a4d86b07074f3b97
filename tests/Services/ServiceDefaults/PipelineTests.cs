using System.Net;
using Dapr;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.ServiceDefaults;

public class PipelineTests
{
    [Theory]
    [InlineData("dependency")]
    [InlineData("dapr")]
    [InlineData("http")]
    [InlineData("timeout")]
    public async Task Request_DependencyFails_Is503WithRetryAfter(string fault)
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Get, $"/throw/{fault}");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("dependency-unavailable", await answer.ProblemAsync());
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
    }

    [Fact]
    public async Task Request_TooManyWait_Is429WithRetryAfter()
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Get, "/throw/overloaded");

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("overloaded", await answer.ProblemAsync());
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
    }

    [Fact]
    public async Task Request_UnexpectedFault_Is500AndTellsNothing()
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Get, "/throw/secret");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("internal", await answer.ProblemAsync());
        Assert.DoesNotContain("hunter2", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "not-found")]
    [InlineData("DELETE", "/orders", 405, "method-not-allowed")]
    public async Task Request_NoSuchRoute_IsAProblem(string method, string path, int status, string name)
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(name, await answer.ProblemAsync());
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("null", "$")]
    [InlineData("[]", "$")]
    [InlineData("{", "$")]
    [InlineData("""{"items":[],"payment":{"source":"x"},"extra":1}""", "extra")]
    public async Task Request_BadBody_Is400NamingTheMember(string body, string member)
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Post, "/orders", body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("validation", await answer.ProblemAsync());
        Assert.Equal([member], await answer.ErrorMembersAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_BodyOverTheLimit_Is413(bool chunked)
    {
        await using var service = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders") { Content = new StringContent(new string(' ', 65 * 1024)) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        var answer = await service.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("payload-too-large", await answer.ProblemAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData(null)]
    [InlineData(";;;")]
    [InlineData("application/json; charset=nonsense")]
    public async Task Request_OtherContentType_IsRefusedByHeader(string? contentType)
    {
        await using var service = await StartAsync();
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        var answer = await service.Client.PostAsync("/orders", content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(["Content-Type"], await answer.ErrorMembersAsync());
    }

    [Fact]
    public async Task Request_InternalBody_MayHoldUnknownMembers()
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Post, "/internal", """{"userName":"a","password":"b","added":"later"}""");

        Assert.Equal("a", (await answer.JsonAsync()).GetString());
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("wrong", 401)]
    [InlineData("run-token", 200)]
    public async Task AppToken_Set_IsDemanded(string? token, int status)
    {
        await using var service = await StartAsync("--APP_API_TOKEN=run-token");

        var answer = token is null
            ? await service.SendAsync(HttpMethod.Get, "/me", null, ("shop-user", "shopper-1"))
            : await service.SendAsync(HttpMethod.Get, "/me", null, ("shop-user", "shopper-1"), ("dapr-api-token", token));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/health")]
    public async Task AppToken_Set_ProbesNeedNone(string path)
    {
        await using var service = await StartAsync("--APP_API_TOKEN=run-token");

        var answer = await service.SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Caller_WithoutUser_Is401()
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Get, "/me");

        Assert.Equal("unauthenticated", await answer.ProblemAsync());
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData("customer", 403)]
    [InlineData("", 403)]
    [InlineData("operator", 200)]
    public async Task RequireOperator_Role_Decides(string role, int status)
    {
        await using var service = await StartAsync();

        var answer = await service.SendAsync(HttpMethod.Get, "/operators", null, ("shop-user", "u"), ("shop-role", role));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Request_WithTraceparent_StaysInItsTrace()
    {
        await using var service = await StartAsync();
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        var answer = await service.SendAsync(HttpMethod.Get, "/nowhere", null, ("traceparent", $"00-{trace}-00f067aa0ba902b7-01"));

        Assert.Equal(trace, answer.Headers.GetValues("X-Trace-Id").Single());
    }

    private static Task<RunningService> StartAsync(params string[] arguments) => RunningService.StartAsync(Build, arguments: arguments);

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults(options => (options.UseSidecar, options.UseStateStore) = (false, false));
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapPost("/orders", (PlaceOrder order) => TypedResults.Ok(order));
        app.MapPost("/internal", (Tolerant<SignIn> body) => TypedResults.Ok(body.Body.UserName));
        app.MapGet("/me", (ShopCaller caller) => TypedResults.Ok(caller));
        app.MapGet("/operators", () => TypedResults.Ok()).RequireOperator();
        app.MapGet("/throw/{fault}", (string fault) =>
        {
            throw fault switch
            {
                "dependency" => new DependencyUnavailableException("store"),
                "overloaded" => new OverloadedException("stock"),
                "dapr" => new DaprException("state operation failed"),
                "http" => new HttpRequestException("connection refused"),
                "timeout" => new TimeoutException(),
                _ => new InvalidOperationException("password is hunter2"),
            };
        });
        return app;
    }
}
