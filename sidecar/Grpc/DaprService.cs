using Google.Protobuf;
using Sidecar.Api;
using Sidecar.Http.Errors;

namespace Sidecar.Grpc;

/// <summary>
/// Dapr's own service, <c>dapr.proto.runtime.v1.Dapr</c>. Each building block brings its methods; they say what is
/// wrong with an <see cref="ApiError"/>, as over HTTP.
/// </summary>
internal static class DaprService
{
    private const string Prefix = "/dapr.proto.runtime.v1.Dapr/";

    public static string PathOf(string method) => Prefix + method;

    public static GrpcMethod Unary<TRequest, TReply>(
        string method, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task<TReply>> handle)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> =>
        GrpcMethod.Unary(PathOf(method), requests, handle) with { IsTraced = true };

    public static IEnumerable<GrpcMethod> Unary<TRequest, TReply>(
        IEnumerable<string> methods, MessageParser<TRequest> requests, Func<TRequest, GrpcCall, Task<TReply>> handle)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply> => methods.Select(method => Unary(method, requests, handle));

    /// <summary>The method, or what answers in its place when the configuration closes it. Other services are not the configuration's to close.</summary>
    public static GrpcMethod Gated(GrpcMethod method, ApiAccess access) =>
        !method.Path.StartsWith(Prefix, StringComparison.Ordinal) || access.AllowsMethod(method.Path[Prefix.Length..])
            ? method
            : new GrpcMethod(method.Path, _ => throw ToException(InvokeErrors.NotAvailable));

    /// <summary>Ends the call when there is an error.</summary>
    public static void ThrowIf(ApiError? error)
    {
        if (error is not null)
        {
            throw ToException(error);
        }
    }

    public static T? ValueOf<T>(ApiAnswer<T> answer)
    {
        ThrowIf(answer.Error);
        return answer.Value;
    }

    public static GrpcException ToException(ApiError error) => new(error.Code, error.Message)
    {
        Details = [.. error.Details.Select(ToMessage)],
        ErrorCode = error.ErrorCode,
    };

    private static IMessage ToMessage(ErrorDetail detail) => detail switch
    {
        ErrorInfo info => ToMessage(info),
        ResourceInfo resource => new Rpc.ResourceInfo
        {
            ResourceType = resource.ResourceType,
            ResourceName = resource.ResourceName,
            Description = resource.Description,
        },
        BadRequestField field => new Rpc.BadRequest
        {
            FieldViolations = { new Rpc.BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Description } },
        },
        HelpLink link => new Rpc.Help { Links = { new Rpc.Help.Types.Link { Url = link.Url, Description = link.Description } } },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Rpc.ErrorInfo ToMessage(ErrorInfo info)
    {
        var message = new Rpc.ErrorInfo { Reason = info.Reason, Domain = ErrorInfo.Domain };
        if (info.Metadata is not null)
        {
            message.Metadata.Add(new Dictionary<string, string>(info.Metadata));
        }

        return message;
    }
}
