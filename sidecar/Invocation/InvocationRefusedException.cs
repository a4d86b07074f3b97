using Sidecar.Grpc;

namespace Sidecar.Invocation;

/// <summary>The app's sidecar does not let the call through: the same call again would end the same way.</summary>
internal sealed class InvocationRefusedException(GrpcStatusCode code, string message) : Exception(message)
{
    public GrpcStatusCode Code { get; } = code;
}
