using System.Net;
using System.Text;
using System.Threading.Channels;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using Microsoft.AspNetCore.Http;

namespace DaprShop.Tests.Invocation;

public sealed class InvocationStreamingTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EventStream_OfTheApp_ReachesTheCallerPieceByPiece()
    {
        var pieces = Channel.CreateUnbounded<string>();
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await foreach (var piece in pieces.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(piece, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        await using var sidecar = await StartAsync(app);

        using var deadline = new CancellationTokenSource(Deadline);
        using var response = await sidecar.Http.GetAsync(
            "/v1.0/invoke/app/method/events", HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        await using var body = await response.Content.ReadAsStreamAsync(deadline.Token);
        foreach (var piece in new[] { "data: 1\n\n", "data: 2\n\n" })
        {
            await pieces.Writer.WriteAsync(piece, deadline.Token);

            Assert.Equal(piece, await ReadAsync(body, piece.Length, deadline.Token));
        }

        pieces.Writer.Complete();
        Assert.Equal(0, await body.ReadAsync(new byte[1], deadline.Token));
    }

    [Fact]
    public async Task RequestBody_OfUnknownLength_ReachesTheAppPieceByPiece()
    {
        var received = Channel.CreateUnbounded<string>();
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            Assert.Null(context.Request.ContentLength);
            var buffer = new byte[100];
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
            {
                await received.Writer.WriteAsync(Encoding.UTF8.GetString(buffer, 0, count), context.RequestAborted);
            }
        });
        await using var sidecar = await StartAsync(app);
        var pieces = Channel.CreateUnbounded<string>();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/app/method/upload") { Content = new PiecewiseContent(pieces.Reader) };

        using var deadline = new CancellationTokenSource(Deadline);
        var sending = sidecar.Http.SendAsync(request, deadline.Token);
        foreach (var piece in new[] { "first", "second" })
        {
            await pieces.Writer.WriteAsync(piece, deadline.Token);

            Assert.Equal(piece, await received.Reader.ReadAsync(deadline.Token));
        }

        pieces.Writer.Complete();
        using var response = await sending;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Answer_ThatBreaksOff_IsNotWholeForTheCallerEither()
    {
        var seen = new TaskCompletionSource();
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            await seen.Task;
            context.Abort();
        });
        await using var sidecar = await StartAsync(app);

        using var response = await sidecar.Http.GetAsync("/v1.0/invoke/app/method/x", HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        seen.SetResult();
        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Caller_ThatGoesAway_EndsTheCallToTheApp()
    {
        var ended = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => ended.TrySetResult());
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        await using var sidecar = await StartAsync(app);

        using var abort = new CancellationTokenSource();
        var calling = sidecar.Http.GetAsync("/v1.0/invoke/app/method/x", abort.Token);
        await begun.Task.WaitAsync(Deadline);
        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
        await ended.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task App_WithAConcurrencyLimit_GetsNoMoreCallsAtOnce()
    {
        var release = new TaskCompletionSource();
        var (running, most) = (0, 0);
        await using var app = await StreamingApp.StartAsync(async context =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await release.Task;
            Interlocked.Decrement(ref running);
            await context.Response.WriteAsync("done");
        });
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup
        {
            Options = options => options with { AppPort = app.Port, AppMaxConcurrency = 2 },
        });

        var calls = Enumerable.Range(0, 6).Select(_ => sidecar.Http.GetStringAsync("/v1.0/invoke/app/method/x")).ToList();
        await Eventually.True(() => Volatile.Read(ref running) == 2);
        release.SetResult();

        Assert.All(await Task.WhenAll(calls), answer => Assert.Equal("done", answer));
        Assert.Equal(2, most);
    }

    private static Task<RunningSidecar> StartAsync(StreamingApp app) =>
        RunningSidecar.StartAsync(new SidecarSetup { Options = options => options with { AppPort = app.Port } });

    private static async Task<string> ReadAsync(Stream body, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length];
        await body.ReadExactlyAsync(buffer, cancellationToken);
        return Encoding.UTF8.GetString(buffer);
    }

    private sealed class PiecewiseContent(ChannelReader<string> pieces) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await foreach (var piece in pieces.ReadAllAsync())
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(piece));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
