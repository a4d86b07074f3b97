using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dapr.Workflow.Grpc;
using DaprShop.TestKit;
using Google.Protobuf.WellKnownTypes;

namespace DaprShop.Tests.Grpc;

public sealed class GrpcChannelTests : IAsyncLifetime
{
    private static readonly GrpcMethod<StringValue, StringValue> Echo = new("/Test/Echo", StringValue.Parser);
    private static readonly GrpcMethod<StringValue, Int32Value> Count = new("/Test/Count", Int32Value.Parser);

    private readonly List<GrpcChannel> _channels = [];
    private GrpcServer _server = null!;

    public async Task InitializeAsync() => _server = await GrpcServer.StartAsync();

    public async Task DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Unary_SendsOneFrameAndTheHeadersOfTheProtocol()
    {
        _server.OnUnary(Echo.Path, call => call.Read(StringValue.Parser));

        var reply = await Channel(settings => settings with { ApiToken = "secret" })
            .UnaryAsync(Echo, new StringValue { Value = "hé" }, TimeSpan.FromSeconds(7), CancellationToken.None);

        Assert.Equal("hé", reply.Value);
        var call = Assert.Single(_server.Calls);
        Assert.Equal(new byte[] { 0, 0, 0, 0, 5, 0x0a, 3, (byte)'h', 0xc3, 0xa9 }, call.Body);
        Assert.Equal("application/grpc", call.Headers["content-type"]);
        Assert.Equal("trailers", call.Headers["te"]);
        Assert.Equal("7000m", call.Headers["grpc-timeout"]);
        Assert.Equal("secret", call.Headers["dapr-api-token"]);
        Assert.False(call.Headers.ContainsKey("traceparent"));
    }

    [Fact]
    public async Task Unary_WithoutTokenAndDeadline_SendsNeither()
    {
        _server.OnUnary(Echo.Path, _ => new StringValue());

        await Channel().UnaryAsync(Echo, new StringValue(), deadline: null, CancellationToken.None);

        var call = Assert.Single(_server.Calls);
        Assert.Equal(new byte[5], call.Body);
        Assert.False(call.Headers.ContainsKey("grpc-timeout"));
        Assert.False(call.Headers.ContainsKey("dapr-api-token"));
    }

    [Fact]
    public async Task Unary_InsideAnActivity_CarriesItsTrace()
    {
        _server.OnUnary(Echo.Path, _ => new StringValue());
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        activity.TraceStateString = "shop=1";

        await Channel().UnaryAsync(Echo, new StringValue(), deadline: null, CancellationToken.None);

        var call = Assert.Single(_server.Calls);
        Assert.Equal(activity.Id, call.Headers["traceparent"]);
        Assert.Equal("shop=1", call.Headers["tracestate"]);
    }

    [Fact]
    public async Task Status_InTrailersAfterAMessage_IsThrownWithItsDecodedMessage()
    {
        _server.On(Echo.Path, async call =>
        {
            await call.WriteAsync(new StringValue { Value = "part" });
            call.End(6, "an active workflow with ID %27%C3%A9%27 already exists %2");
        });

        var failure = await FailAsync(Channel());

        Assert.Equal(GrpcStatus.AlreadyExists, failure.Status);
        Assert.Equal("an active workflow with ID 'é' already exists %2", failure.Detail);
        Assert.Equal("Status(StatusCode=\"AlreadyExists\", Detail=\"an active workflow with ID 'é' already exists %2\")", failure.Message);
    }

    [Fact]
    public async Task Status_InHeadersWithoutABody_IsThrown()
    {
        _server.On(Echo.Path, call =>
        {
            call.Response.Headers["grpc-status"] = "5";
            call.Response.Headers["grpc-message"] = "no such instance exists";
            return Task.CompletedTask;
        });

        var failure = await FailAsync(Channel());

        Assert.Equal(GrpcStatus.NotFound, failure.Status);
        Assert.Equal("no such instance exists", failure.Detail);
    }

    [Theory]
    [InlineData(400, "Internal")]
    [InlineData(401, "Unauthenticated")]
    [InlineData(403, "PermissionDenied")]
    [InlineData(404, "Unimplemented")]
    [InlineData(429, "Unavailable")]
    [InlineData(500, "Unknown")]
    [InlineData(503, "Unavailable")]
    public async Task HttpError_WithoutAGrpcStatus_IsMapped(int http, string expected)
    {
        _server.On(Echo.Path, call =>
        {
            call.Response.StatusCode = http;
            return Task.CompletedTask;
        });

        Assert.Equal(expected, (await FailAsync(Channel())).Status.ToString());
    }

    [Fact]
    public async Task Reply_ThatIsNotGrpc_IsUnknown()
    {
        _server.On(Echo.Path, call =>
        {
            call.Response.ContentType = "text/html";
            return Task.CompletedTask;
        });

        Assert.Equal(GrpcStatus.Unknown, (await FailAsync(Channel())).Status);
    }

    [Theory]
    [InlineData("", "Unknown")]
    [InlineData("0", "Internal")]
    [InlineData("99", "Unknown")]
    public async Task Reply_WithoutAMessage_OrWithAnOddStatus_IsAnError(string status, string expected)
    {
        _server.On(Echo.Path, async call =>
        {
            await call.Response.StartAsync();
            if (status.Length > 0)
            {
                call.End(int.Parse(status, System.Globalization.CultureInfo.InvariantCulture));
            }
        });

        Assert.Equal(expected, (await FailAsync(Channel())).Status.ToString());
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 4, 1 }, "ResourceExhausted")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "Internal")]
    [InlineData(new byte[] { 0, 0, 0 }, "Internal")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "Internal")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xff }, "Internal")]
    public async Task Frame_TooLargeCompressedCutOffOrUnreadable_IsAnError(byte[] frame, string expected)
    {
        _server.On(Echo.Path, async call =>
        {
            await call.WriteRawAsync(frame);
            call.End(0);
        });

        var failure = await FailAsync(Channel(settings => settings with { MaxReceiveMessageSize = 1024 }));

        Assert.Equal(expected, failure.Status.ToString());
    }

    [Fact]
    public async Task Request_AboveTheSendLimit_IsNotSent()
    {
        var channel = Channel(settings => settings with { MaxSendMessageSize = 10 });

        var failure = await Assert.ThrowsAsync<GrpcCallException>(() =>
            channel.UnaryAsync(Echo, new StringValue { Value = new string('x', 11) }, deadline: null, CancellationToken.None));

        Assert.Equal(GrpcStatus.ResourceExhausted, failure.Status);
        Assert.Empty(_server.Calls);
    }

    [Fact]
    public async Task Deadline_ServerSilent_IsExceededAndTheServerSeesTheEnd()
    {
        var clock = new ManualClock();
        var ended = new TaskCompletionSource();
        _server.On(Echo.Path, async call =>
        {
            await using var _ = call.Aborted.Register(ended.SetResult);
            await ended.Task;
        });

        var pending = Channel(clock: clock).UnaryAsync(Echo, new StringValue(), TimeSpan.FromSeconds(5), CancellationToken.None);
        await Eventually.True(() => !_server.Calls.IsEmpty);
        clock.Advance(TimeSpan.FromSeconds(5));

        var failure = await Assert.ThrowsAsync<GrpcCallException>(() => pending);
        Assert.Equal(GrpcStatus.DeadlineExceeded, failure.Status);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Cancellation_ByTheCaller_IsAnOperationCanceledException()
    {
        _server.On(Echo.Path, call => Task.Delay(Timeout.Infinite, call.Aborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var cancel = new CancellationTokenSource();

        var pending = Channel().UnaryAsync(Echo, new StringValue(), TimeSpan.FromMinutes(1), cancel.Token);
        await Eventually.True(() => !_server.Calls.IsEmpty);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
    }

    [Fact]
    public async Task NobodyListening_IsUnavailable()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        var port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();
        using var channel = new GrpcChannel(new GrpcChannelSettings(new Uri($"http://127.0.0.1:{port}")), TimeProvider.System);

        var failure = await FailAsync(channel);

        Assert.Equal(GrpcStatus.Unavailable, failure.Status);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task ServerStream_ManyMessages_ArriveInOrderAsTheyAreSent()
    {
        var halfWay = new TaskCompletionSource();
        _server.On(Count.Path, async call =>
        {
            for (var n = 0; n < 1000; n++)
            {
                if (n == 500)
                {
                    await halfWay.Task;
                }

                await call.WriteAsync(new Int32Value { Value = n });
            }

            call.End(0);
        });

        var seen = new List<int>();
        await foreach (var message in Channel().ServerStreamAsync(Count, new StringValue(), CancellationToken.None))
        {
            seen.Add(message.Value);
            if (seen.Count == 500)
            {
                halfWay.SetResult();
            }
        }

        Assert.Equal(Enumerable.Range(0, 1000), seen);
    }

    [Fact]
    public async Task ServerStream_ConnectionBreaks_IsUnavailableAfterWhatArrived()
    {
        _server.On(Count.Path, async call =>
        {
            await call.WriteAsync(new Int32Value { Value = 1 });
            await call.WriteAsync(new Int32Value { Value = 2 });
            call.Abort();
        });

        var seen = new List<int>();
        var failure = await Assert.ThrowsAsync<GrpcCallException>(async () =>
        {
            await foreach (var message in Channel().ServerStreamAsync(Count, new StringValue(), CancellationToken.None))
            {
                seen.Add(message.Value);
            }
        });

        Assert.NotEqual(GrpcStatus.OK, failure.Status);
        Assert.True(seen is [] or [1] or [1, 2], string.Join(',', seen));
    }

    [Fact]
    public async Task ServerStream_Cancelled_ClosesItAtTheServer()
    {
        var closed = new TaskCompletionSource();
        _server.On(Count.Path, async call =>
        {
            await call.WriteAsync(new Int32Value { Value = 1 });
            await using var _ = call.Aborted.Register(closed.SetResult);
            await closed.Task;
        });
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Channel().ServerStreamAsync(Count, new StringValue(), cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });

        await closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private GrpcChannel Channel(Func<GrpcChannelSettings, GrpcChannelSettings>? configure = null, TimeProvider? clock = null)
    {
        var settings = new GrpcChannelSettings(_server.Address);
        var channel = new GrpcChannel(configure?.Invoke(settings) ?? settings, clock ?? TimeProvider.System);
        _channels.Add(channel);
        return channel;
    }

    private static Task<GrpcCallException> FailAsync(GrpcChannel channel) => Assert.ThrowsAsync<GrpcCallException>(() =>
        channel.UnaryAsync(Echo, new StringValue { Value = "x" }, TimeSpan.FromSeconds(30), CancellationToken.None));
}
