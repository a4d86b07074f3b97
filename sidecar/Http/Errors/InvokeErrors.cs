using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Sidecar.Grpc;
using Sidecar.Invocation;

namespace Sidecar.Http.Errors;

/// <summary>Service invocation (dapr-contract.md 1.4, 7.1).</summary>
internal static class InvokeErrors
{
    private const int LongestDetail = 63;

    public static readonly ApiError NoAppId = new(
        StatusCodes.Status404NotFound,
        "ERR_DIRECT_INVOKE",
        "failed getting app id either from the URL path or the header dapr-app-id");

    /// <summary>An app's answer other than 2xx as the gRPC API tells it.</summary>
    /// <param name="body">Only its beginning is told: values of a detail are limited.</param>
    public static ApiError Answered(int status, ReadOnlySpan<byte> body)
    {
        var text = ReasonPhrases.GetReasonPhrase(status);
        return new ApiError(
            status,
            "ERR_DIRECT_INVOKE",
            text,
            new ErrorInfo(text, new Dictionary<string, string>
            {
                ["http.code"] = status.ToString(CultureInfo.InvariantCulture),
                ["http.error_message"] = Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestDetail)]),
            }))
        {
            Code = CodeOf(status),
        };
    }

    /// <summary>What the gRPC API says of a method that the configuration closes; over HTTP such a route does not exist.</summary>
    public static readonly ApiError NotAvailable = Answered(StatusCodes.Status501NotImplemented, "requested endpoint is not available"u8);

    public static ApiError Failed(string appId, string why) =>
        new(StatusCodes.Status500InternalServerError, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {why}");

    public static ApiError Refused(string appId, InvocationRefusedException refused) =>
        new(
            refused.Code == GrpcStatusCode.PermissionDenied ? StatusCodes.Status403Forbidden : StatusCodes.Status500InternalServerError,
            "ERR_DIRECT_INVOKE",
            $"failed to invoke, id: {appId}, err: rpc error: code = {refused.Code} desc = {refused.Message}")
        {
            Code = refused.Code,
        };

    // dapr-contract.md 14.3; that 400 is Internal is daprd's doing.
    private static GrpcStatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => GrpcStatusCode.Internal,
        StatusCodes.Status401Unauthorized => GrpcStatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => GrpcStatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => GrpcStatusCode.NotFound,
        StatusCodes.Status408RequestTimeout => GrpcStatusCode.Cancelled,
        StatusCodes.Status409Conflict => GrpcStatusCode.AlreadyExists,
        StatusCodes.Status429TooManyRequests => GrpcStatusCode.ResourceExhausted,
        StatusCodes.Status501NotImplemented => GrpcStatusCode.Unimplemented,
        StatusCodes.Status503ServiceUnavailable => GrpcStatusCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => GrpcStatusCode.DeadlineExceeded,
        _ => GrpcStatusCode.Unknown,
    };
}
