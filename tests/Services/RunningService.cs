using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests;

/// <summary>A service of the shop in this process, on a port of its own.</summary>
internal sealed class RunningService(WebApplication app) : IAsyncDisposable
{
    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.Single()) };

    public static async Task<RunningService> StartAsync(
        Func<WebApplicationBuilder, WebApplication> build, FakeSidecar? sidecar = null, TimeProvider? clock = null, params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(
            ["--APP_PORT=0", "--Logging:Level=Fatal", $"--DAPR_HTTP_PORT={sidecar?.Port ?? 1}", "--APP_API_TOKEN=", .. arguments]);
        if (clock is not null)
        {
            builder.Services.AddSingleton(clock);
        }

        var app = build(builder);
        await app.StartAsync();
        return new RunningService(app);
    }

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Stops as on Ctrl+C: returns when what it had taken is answered.</summary>
    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}

internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

    /// <summary>The problem's name, after checking that it is a whole problem.</summary>
    public static async Task<string> ProblemAsync(this HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.JsonAsync();
        Assert.Equal((int)answer.StatusCode, problem.GetProperty("status").GetInt32());
        Assert.Equal(answer.Headers.GetValues("X-Trace-Id").Single(), problem.GetProperty("traceId").GetString());
        Assert.Equal(answer.RequestMessage!.RequestUri!.AbsolutePath, problem.GetProperty("instance").GetString());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem.GetProperty("type").GetString()!.Replace("urn:daprshop:problem:", "", StringComparison.Ordinal);
    }

    public static async Task<string[]> ErrorMembersAsync(this HttpResponseMessage answer) =>
        [.. (await answer.JsonAsync()).GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal)];
}
