using Google.Protobuf;

namespace Dapr.Workflow.Grpc;

/// <summary>A remote method: its path and how its reply is read.</summary>
internal sealed record GrpcMethod<TRequest, TResponse>(string Path, MessageParser<TResponse> Response)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>;
