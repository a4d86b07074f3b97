using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using DaprShop.TestKit.Shop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.Reliability.Faults;

/// <summary>What becomes of one request.</summary>
internal enum HttpFault
{
    None,

    /// <summary>It comes to the server late.</summary>
    Delay,

    /// <summary>Nobody hears of it; the connection breaks.</summary>
    Lose,

    /// <summary>The server does what it is asked; the connection breaks instead of the answer.</summary>
    LoseAnswer,

    /// <summary>The server is asked twice, and the second answer counts.</summary>
    Twice,

    /// <summary>Nobody hears of it; the answer is 500.</summary>
    Fail,

    /// <summary>A copy with another body and the same signature goes first.</summary>
    Forge,
}

/// <summary>A proxy before an HTTP server that knows requests from answers. Which request meets what is asked of a plan, by the number of the request.</summary>
internal sealed class HttpFaults : IAsyncDisposable
{
    private static readonly string[] NotForwarded = ["Host", "Connection", "Content-Length", "Transfer-Encoding"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };
    private readonly ConcurrentQueue<Fault> _faults = new();
    private readonly WebApplication _server;
    private readonly string _name;
    private long _requests;

    private HttpFaults(string name)
    {
        _name = name;
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _server = builder.Build();
        _server.Run(HandleAsync);
    }

    public string Address { get; }

    /// <summary>The server behind it, known only once it has started.</summary>
    public string Target { get; set; } = "";

    /// <summary>By the number of the request, from 0 on; null: nothing happens to any.</summary>
    public Func<long, HttpRequest, HttpFault>? Plan { get; set; }

    public Func<TimeSpan> Delay { get; set; } = () => TimeSpan.Zero;

    public IReadOnlyList<Fault> Faults => [.. _faults];

    public Func<long> Clock { get; set; } = () => 0;

    public static async Task<HttpFaults> StartAsync(string name)
    {
        var proxy = new HttpFaults(name);
        await proxy._server.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var fault = Plan?.Invoke(Interlocked.Increment(ref _requests) - 1, context.Request) ?? HttpFault.None;
        if (fault != HttpFault.None)
        {
            _faults.Enqueue(new Fault(Clock(), fault.ToString(), _name, Pid: 0, Landed: true, RecoveredMs: 0));
        }

        try
        {
            await DoAsync(fault, context, body.ToArray());
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            // The server behind it is gone, or whoever asked: so is this connection.
            context.Abort();
        }
    }

    private async Task DoAsync(HttpFault fault, HttpContext context, byte[] body)
    {
        switch (fault)
        {
            case HttpFault.Lose:
                context.Abort();
                return;
            case HttpFault.Fail:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return;
            case HttpFault.LoseAnswer:
                (await SendAsync(context, body)).Dispose();
                context.Abort();
                return;
            case HttpFault.Delay:
                await Task.Delay(Delay(), TimeProvider.System, context.RequestAborted);
                break;
            case HttpFault.Twice:
                (await SendAsync(context, body)).Dispose();
                break;
            case HttpFault.Forge:
                (await SendAsync(context, [.. body, (byte)' '])).Dispose();
                break;
        }

        using var answer = await SendAsync(context, body);
        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.Content.Headers.ContentType is { } type)
        {
            context.Response.ContentType = type.ToString();
        }

        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext context, byte[] body)
    {
        var asked = context.Request;
        using var request = new HttpRequestMessage(new HttpMethod(asked.Method), $"{Target}{asked.Path}{asked.QueryString}");
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = asked.ContentType is { } type ? MediaTypeHeaderValue.Parse(type) : null;
        }

        foreach (var header in asked.Headers.Where(header => !NotForwarded.Contains(header.Key, StringComparer.OrdinalIgnoreCase) && header.Key != "Content-Type"))
        {
            request.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, context.RequestAborted);
    }
}
