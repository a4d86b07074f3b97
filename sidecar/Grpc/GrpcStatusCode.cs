using Google.Protobuf;

namespace Sidecar.Grpc;

/// <summary>gRPC's status codes, by their number on the wire.</summary>
internal enum GrpcStatusCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>Ends a call with this status.</summary>
internal sealed class GrpcException(GrpcStatusCode status, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public GrpcStatusCode Status { get; } = status;

    /// <summary>Typed details for the client; without any the call ends with code and message alone.</summary>
    public IReadOnlyList<IMessage> Details { get; init; } = [];

    /// <summary>As the HTTP API would name it, for the metrics; null for what is no error of the API.</summary>
    public string? ErrorCode { get; init; }
}
