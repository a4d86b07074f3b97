namespace Sidecar.Grpc;

/// <summary>
/// Methods of Dapr's service that this sidecar does not have. They are named, so that a client learns that it is the
/// sidecar that lacks them, and SDKs may fall back, rather than be taken for calls to an app's own service.
/// </summary>
internal sealed class UnservedService : IGrpcService
{
    private static readonly string[] Names =
    [
        "SubscribeActorEventsAlpha1",
        "EncryptAlpha1", "DecryptAlpha1",
        "SubtleGetKeyAlpha1", "SubtleEncryptAlpha1", "SubtleDecryptAlpha1", "SubtleWrapKeyAlpha1", "SubtleUnwrapKeyAlpha1",
        "SubtleSignAlpha1", "SubtleVerifyAlpha1",
        "ConverseAlpha1", "ConverseAlpha2",
    ];

    public IReadOnlyList<GrpcMethod> Methods =>
    [
        .. Names.Select(name => new GrpcMethod(
            DaprService.PathOf(name),
            _ => throw new GrpcException(GrpcStatusCode.Unimplemented, $"{name} is not supported by this sidecar"))),
    ];
}
