namespace Dapr.Workflow.Grpc;

/// <summary>A call that ended with another status than OK, or never reached the server.</summary>
internal sealed class GrpcCallException(GrpcStatus status, string detail, Exception? innerException = null)
    : Exception($"Status(StatusCode=\"{status}\", Detail=\"{detail}\")", innerException)
{
    public GrpcStatus Status { get; } = status;

    public string Detail { get; } = detail;

    /// <summary>The call may succeed when repeated as it is.</summary>
    public bool IsTransient => Status is GrpcStatus.Unavailable or GrpcStatus.DeadlineExceeded;
}
