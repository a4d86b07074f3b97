using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using DaprShop.Reliability.Faults;
using DaprShop.TestKit.Shop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.Reliability.Tests;

/// <summary>A fault that did not happen would make every drill that relies on it hold for nothing.</summary>
public sealed class HttpFaultsTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly HttpClient _client = new();
    private WebApplication _server = null!;
    private HttpFaults _proxy = null!;

    public async Task InitializeAsync()
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        _server = builder.Build();
        _server.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var asked = context.Request;
            _heard.Enqueue($"{asked.Method} {asked.Path}{asked.QueryString} {asked.Headers["Provider-Signature"]} {await reader.ReadToEndAsync()}");
            context.Response.StatusCode = StatusCodes.Status201Created;
            await context.Response.WriteAsync($"answer {_heard.Count}");
        });
        await _server.StartAsync();
        _proxy = await HttpFaults.StartAsync("server");
        _proxy.Target = address;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task None_PassesRequestAndAnswerOn()
    {
        Assert.Equal((HttpStatusCode.Created, "answer 1"), await PostAsync());
        Assert.Equal(["POST /v1/charges?x=1 signed body"], _heard);
        Assert.Empty(_proxy.Faults);
    }

    [Fact]
    public async Task Twice_IsHeardTwiceAndAnsweredOnce()
    {
        _proxy.Plan = (_, _) => HttpFault.Twice;

        Assert.Equal((HttpStatusCode.Created, "answer 2"), await PostAsync());
        Assert.Equal(2, _heard.Count);
        Assert.Equal("Twice", Assert.Single(_proxy.Faults).Kind);
    }

    [Fact]
    public async Task LoseAnswer_IsHeardAndNotAnswered()
    {
        _proxy.Plan = (_, _) => HttpFault.LoseAnswer;

        await Assert.ThrowsAsync<HttpRequestException>(PostAsync);
        Assert.Single(_heard);
    }

    [Fact]
    public async Task Lose_IsNeitherHeardNorAnswered()
    {
        _proxy.Plan = (_, _) => HttpFault.Lose;

        await Assert.ThrowsAsync<HttpRequestException>(PostAsync);
        Assert.Empty(_heard);
    }

    [Fact]
    public async Task Fail_EverySecond_IsAnswered500AndNotHeard()
    {
        _proxy.Plan = (n, _) => n % 2 == 1 ? HttpFault.Fail : HttpFault.None;

        Assert.Equal(HttpStatusCode.Created, (await PostAsync()).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await PostAsync()).Status);
        Assert.Equal(HttpStatusCode.Created, (await PostAsync()).Status);
        Assert.Equal(2, _heard.Count);
    }

    [Fact]
    public async Task Forge_SendsAnotherBodyUnderTheSameSignatureFirst()
    {
        _proxy.Plan = (_, _) => HttpFault.Forge;

        await PostAsync();

        Assert.Equal(["POST /v1/charges?x=1 signed body ", "POST /v1/charges?x=1 signed body"], _heard);
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_proxy.Address}/v1/charges?x=1")) { Content = new StringContent("body") };
        request.Headers.Add("Provider-Signature", "signed");
        using var answer = await _client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
