using System.IO.Compression;
using System.Net;
using DaprShop.TestKit;
using DaprShop.Tests.Components;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc;

namespace DaprShop.Tests.Grpc;

public sealed class GrpcServerTests
{
    private static readonly GrpcMethod Echo = GrpcMethod.Unary(
        "/test.Echo/Say", StringValue.Parser, (request, _) => Task.FromResult(new StringValue { Value = request.Value + "!" }));

    [Fact]
    public async Task Unary_GoldenBytes_AnswersFrameThenStatusInTrailers()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo]);

        using var response = await server.Client.OpenAsync("/test.Echo/Say", [0, 0, 0, 0, 4, 0x0A, 2, (byte)'h', (byte)'i'], default);
        var body = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal([0, 0, 0, 0, 5, 0x0A, 3, (byte)'h', (byte)'i', (byte)'!'], body);
        Assert.False(response.Headers.Contains("grpc-status"));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.False(response.TrailingHeaders.Contains("grpc-message"));
    }

    [Fact]
    public async Task Unary_MessageOfSeveralMebibytes_ArrivesWhole()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo]);
        var text = new string('x', 3 << 20);

        var reply = await server.Client.CallAsync("/test.Echo/Say", new StringValue { Value = text });

        Assert.Equal(text + "!", StringValue.Parser.ParseFrom(reply.Single).Value);
    }

    [Fact]
    public async Task Unary_GzipRequest_IsDecompressed()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo]);

        var reply = await server.Client.SendAsync(
            "/test.Echo/Say", RawGrpcClient.Frame(Gzip(new StringValue { Value = "packed" }), flag: 1), default, ("grpc-encoding", "gzip"));

        Assert.Equal(0, reply.Status);
        Assert.Equal("packed!", StringValue.Parser.ParseFrom(reply.Single).Value);
    }

    [Fact]
    public async Task Unary_GzipRequestThatUnpacksOverTheLimit_IsResourceExhausted()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo], maxMessageBytes: 10_000);

        var reply = await server.Client.SendAsync(
            "/test.Echo/Say", RawGrpcClient.Frame(Gzip(new StringValue { Value = new string('a', 50_000) }), flag: 1), default, ("grpc-encoding", "gzip"));

        Assert.Equal(8, reply.Status);
    }

    [Fact]
    public async Task Unary_UnknownEncoding_IsUnimplemented()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo]);

        var reply = await server.Client.SendAsync("/test.Echo/Say", RawGrpcClient.Frame([1, 2, 3], flag: 1), default, ("grpc-encoding", "snappy"));

        Assert.Equal(12, reply.Status);
        Assert.Contains("snappy", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_MessageOverTheLimit_IsRefusedByItsAnnouncedLength()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo], maxMessageBytes: 100);

        var reply = await server.Client.SendAsync("/test.Echo/Say", [0, 0, 0, 0, 101]);

        Assert.Equal((8, "grpc: received message larger than max (101 vs. 100)", true), (reply.Status, reply.Message, reply.TrailersOnly));
    }

    [Theory]
    [InlineData(new byte[0], "the request holds no message")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "the stream ends in the middle of a message")]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0x0A, 9 }, "failed to unmarshal")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0 }, "received unexpected payload format 7")]
    public async Task Unary_BrokenRequest_IsInternal(byte[] body, string message)
    {
        await using var server = await GrpcTestServer.StartAsync([Echo]);

        var reply = await server.Client.SendAsync("/test.Echo/Say", body);

        Assert.Equal(13, reply.Status);
        Assert.Contains(message, reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_HandlerRefuses_StatusAndPercentEncodedMessageComeAsHeaders()
    {
        var failing = GrpcMethod.Unary<Empty, Empty>(
            "/test.Echo/Fail", Empty.Parser, (_, _) => throw new GrpcException(GrpcStatusCode.NotFound, "no é\n100%"));
        await using var server = await GrpcTestServer.StartAsync([failing]);

        var reply = await server.Client.CallAsync("/test.Echo/Fail", new Empty());

        Assert.Equal((5, "no %C3%A9%0A100%25", true), (reply.Status, reply.Message, reply.TrailersOnly));
        Assert.Empty(reply.Messages);
    }

    [Fact]
    public async Task Unary_HandlerThrows_IsUnknownWithItsMessage()
    {
        var failing = GrpcMethod.Unary<Empty, Empty>("/test.Echo/Fail", Empty.Parser, (_, _) => throw new InvalidOperationException("broken"));
        await using var server = await GrpcTestServer.StartAsync([failing]);

        var reply = await server.Client.CallAsync("/test.Echo/Fail", new Empty());

        Assert.Equal((2, "broken"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Method_UnknownToAServerThatDoesNotProxy_IsUnimplemented()
    {
        await using var server = await GrpcTestServer.StartAsync([Echo]);

        var reply = await server.Client.CallAsync("/some.Service/Method", new Empty(), default, ("dapr-app-id", "other"));

        Assert.Equal((12, "unknown method /some.Service/Method"), (reply.Status, reply.Message));
    }

    [Theory]
    [InlineData(null, 16, "missing api token in request metadata")]
    [InlineData("wrong", 16, "authentication error: api token mismatch")]
    [InlineData("secret", 0, "")]
    public async Task Token_Asked_IsCheckedOnEveryCall(string? token, int status, string message)
    {
        await using var server = await GrpcTestServer.StartAsync([Echo], apiToken: "secret");
        (string, string)[] metadata = token is null ? [] : [("dapr-api-token", token)];

        var reply = await server.Client.CallAsync("/test.Echo/Say", new StringValue(), default, metadata);

        Assert.Equal((status, message), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Deadline_Passes_IsDeadlineExceededAndCancelsTheHandler()
    {
        var cancelled = new TaskCompletionSource();
        var slow = GrpcMethod.Unary<Empty, Empty>("/test.Echo/Slow", Empty.Parser, async (request, call) =>
        {
            await using var noticed = call.Cancelled.Register(cancelled.SetResult);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancelled);
            return request;
        });
        await using var server = await GrpcTestServer.StartAsync([slow]);

        var reply = await server.Client.CallAsync("/test.Echo/Slow", new Empty(), default, ("grpc-timeout", "50m"));

        Assert.Equal((4, "context deadline exceeded"), (reply.Status, reply.Message));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Client_Cancels_HandlerIsCancelled()
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        var slow = GrpcMethod.Unary<Empty, Empty>("/test.Echo/Slow", Empty.Parser, async (request, call) =>
        {
            await using var noticed = call.Cancelled.Register(cancelled.SetResult);
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancelled);
            return request;
        });
        await using var server = await GrpcTestServer.StartAsync([slow]);
        using var giveUp = new CancellationTokenSource();

        var reply = server.Client.CallAsync("/test.Echo/Slow", new Empty(), giveUp.Token);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Client_GoesAwayInTheMiddleOfItsMessage_IsNoError()
    {
        var logs = new LogLines();
        var ended = new TaskCompletionSource();
        var watched = new GrpcMethod("/test.Echo/Say", async call =>
        {
            using var end = new Ending(ended);
            await Echo.Handler(call);
        });
        var server = await GrpcTestServer.StartAsync([watched], loggers: logs);
        using var giveUp = new CancellationTokenSource();
        var content = new HalfContent();

        var reply = server.Client.SendAsync("/test.Echo/Say", content, giveUp.Token);
        await content.Begun.WaitAsync(TimeSpan.FromSeconds(60));
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));

        // Closing waits for the calls, and so for what they log.
        await server.DisposeAsync();
        Assert.DoesNotContain(logs.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private sealed class Ending(TaskCompletionSource ended) : IDisposable
    {
        public void Dispose() => ended.TrySetResult();
    }

    /// <summary>A message whose second half never comes.</summary>
    private sealed class HalfContent : HttpContent
    {
        private readonly TaskCompletionSource _begun = new();

        public HalfContent() => Headers.ContentType = new("application/grpc");

        public Task Begun => _begun.Task;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 0, 100, 1, 2, 3 }, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            _begun.SetResult();

            // The stream is reset once this has ended.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    [Fact]
    public async Task ServerStream_ThousandMessages_ArriveInOrderWithStatusAfterThem()
    {
        var counting = GrpcMethod.ServerStreaming("/test.Echo/Count", Int32Value.Parser, async (request, call) =>
        {
            await call.StartAsync();
            for (var number = 0; number < request.Value; number++)
            {
                call.Write(new Int32Value { Value = number });
                await call.FlushAsync();
            }
        });
        await using var server = await GrpcTestServer.StartAsync([counting]);

        var reply = await server.Client.CallAsync("/test.Echo/Count", new Int32Value { Value = 1000 });

        Assert.Equal((0, false), (reply.Status, reply.TrailersOnly));
        Assert.Equal(Enumerable.Range(0, 1000), reply.Messages.Select(message => Int32Value.Parser.ParseFrom(message).Value));
    }

    [Fact]
    public async Task ServerStream_FailsAfterItsFirstMessage_StatusComesInTrailers()
    {
        var breaking = GrpcMethod.ServerStreaming("/test.Echo/Break", Empty.Parser, async (request, call) =>
        {
            await call.StartAsync();
            call.Write(request);
            await call.FlushAsync();
            throw new GrpcException(GrpcStatusCode.Unavailable, "gone");
        });
        await using var server = await GrpcTestServer.StartAsync([breaking]);

        var reply = await server.Client.CallAsync("/test.Echo/Break", new Empty());

        Assert.Equal((14, "gone", false), (reply.Status, reply.Message, reply.TrailersOnly));
        Assert.Empty(reply.Single);
    }

    private static byte[] Gzip(IMessage message)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress))
        {
            message.WriteTo(gzip);
        }

        return packed.ToArray();
    }
}
