using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Dapr.Workflow.Grpc;

/// <summary>Finds out how a call ended, from trailers, headers, the HTTP status or a broken connection.</summary>
internal static class GrpcReplyStatus
{
    /// <summary>Throws unless the reply is a gRPC reply that is still open or ended well in its headers.</summary>
    public static void CheckHeaders(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Read(response.Headers)
                ?? new GrpcCallException(FromHttp(response.StatusCode), $"The server answered with HTTP status {(int)response.StatusCode}.");
        }

        var contentType = response.Content.Headers.ContentType?.MediaType;
        if (contentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new GrpcCallException(GrpcStatus.Unknown, $"The server answered with content type '{contentType}', not gRPC.");
        }

        // A server that fails before its first message sends the status in the headers and no body.
        if (Read(response.Headers) is { Status: not GrpcStatus.OK } failure)
        {
            throw failure;
        }
    }

    /// <summary>Throws unless the reply, read to its end, ended with OK.</summary>
    public static void CheckEnd(HttpResponseMessage response)
    {
        var end = Read(response.TrailingHeaders)
            ?? Read(response.Headers)
            ?? new GrpcCallException(GrpcStatus.Unknown, "The reply ended without a status.");
        if (end.Status != GrpcStatus.OK)
        {
            throw end;
        }
    }

    /// <summary>A transport failure as a status: what never reached the server, or was refused unread, may be repeated.</summary>
    public static GrpcCallException FromTransport(Exception failure)
    {
        var protocol = failure as HttpProtocolException ?? failure.InnerException as HttpProtocolException;
        var status = protocol?.ErrorCode switch
        {
            0x8 => GrpcStatus.Cancelled,
            0xb => GrpcStatus.ResourceExhausted,
            0xc => GrpcStatus.PermissionDenied,
            0x1 or 0x3 or 0x6 => GrpcStatus.Internal,
            // Also the code 2 (internal error): servers reset their streams with it when they are shut down.
            _ => GrpcStatus.Unavailable,
        };
        return new GrpcCallException(status, failure.Message, failure);
    }

    private static GrpcCallException? Read(HttpHeaders headers)
    {
        if (!headers.TryGetValues("grpc-status", out var values))
        {
            return null;
        }

        var text = values.First();
        var detail = headers.TryGetValues("grpc-message", out var messages) ? Uri.UnescapeDataString(messages.First()) : string.Empty;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Enum.IsDefined((GrpcStatus)code)
            ? new GrpcCallException((GrpcStatus)code, detail)
            : new GrpcCallException(GrpcStatus.Unknown, $"Status '{text}' is not known. {detail}");
    }

    private static GrpcStatus FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => GrpcStatus.Internal,
        HttpStatusCode.Unauthorized => GrpcStatus.Unauthenticated,
        HttpStatusCode.Forbidden => GrpcStatus.PermissionDenied,
        HttpStatusCode.NotFound => GrpcStatus.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => GrpcStatus.Unavailable,
        _ => GrpcStatus.Unknown,
    };
}
