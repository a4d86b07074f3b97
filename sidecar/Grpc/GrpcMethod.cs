using Google.Protobuf;

namespace Sidecar.Grpc;

/// <summary>Serves one call; returns for status OK, throws <see cref="GrpcException"/> for any other.</summary>
internal delegate Task GrpcHandler(GrpcCall call);

/// <summary>The methods of one service, or of one building block's part of a service.</summary>
internal interface IGrpcService
{
    IReadOnlyList<GrpcMethod> Methods { get; }
}

/// <summary>A method by its path. The kinds of call are shapes of one handler; client and bidirectional streams join here.</summary>
/// <param name="Path">As on the wire: <c>/{service}/{method}</c>.</param>
internal sealed record GrpcMethod(string Path, GrpcHandler Handler)
{
    /// <summary>True: each call has a span. Not for streams, which may last as long as the client.</summary>
    public bool IsTraced { get; init; }

    public static GrpcMethod Unary<TRequest, TReply>(
        string path, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task<TReply>> handle)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        new(path, async call =>
        {
            var reply = await handle(await ReadOneAsync(call, requests), call);
            call.Write(reply);
        });

    public static GrpcMethod ServerStreaming<TRequest>(
        string path, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task> handle)
        where TRequest : class, IMessage<TRequest> =>
        new(path, async call => await handle(await ReadOneAsync(call, requests), call));

    private static async Task<TRequest> ReadOneAsync<TRequest>(GrpcCall call, MessageParser<TRequest> requests)
        where TRequest : class, IMessage<TRequest> =>
        await call.ReadAsync(requests) ?? throw new GrpcException(GrpcStatusCode.Internal, "the request holds no message");
}
