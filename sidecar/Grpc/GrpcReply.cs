using System.Globalization;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Sidecar.Grpc;

/// <summary>A server's answer to a unary call, with the metadata that came with it.</summary>
internal sealed record GrpcReply<T>(T Message, HttpResponseHeaders Headers);

/// <summary>Reads answers of gRPC servers; whatever is no proper answer becomes the status that gRPC clients give it.</summary>
internal static class GrpcReply
{
    public const string ContentType = "application/grpc";

    /// <summary>
    /// The one message of a call that ended OK. Throws <see cref="GrpcException"/> for every other end, and
    /// <see cref="HttpRequestException"/> or <see cref="IOException"/> when the connection broke.
    /// </summary>
    public static async Task<GrpcReply<T>> ReadAsync<T>(
        HttpResponseMessage response, MessageParser<T> parser, long limit, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        Check(response);
        if (StatusIn(response.Headers) is { } early)
        {
            ThrowUnlessOk(early, response.Headers);
        }

        var encoding = response.Headers.TryGetValues("grpc-encoding", out var values) ? values.FirstOrDefault() : null;
        var reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
        try
        {
            var message = await GrpcFrame.ReadAsync(reader, parser, encoding, limit, cancellationToken);
            var extra = message is not null && await GrpcFrame.ReadAsync(reader, parser, encoding, limit, cancellationToken) is not null;
            ThrowUnlessOk(
                StatusIn(response.TrailingHeaders)
                    ?? throw new GrpcException(GrpcStatusCode.Internal, "server closed the stream without sending trailers"),
                response.TrailingHeaders);
            if (extra || message is null)
            {
                throw new GrpcException(GrpcStatusCode.Internal, $"a unary call was answered with {(extra ? "more than one message" : "no message")}");
            }

            return new GrpcReply<T>(message, response.Headers);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <summary>The status that ends a call whose answer is no gRPC at all.</summary>
    public static void Check(HttpResponseMessage response)
    {
        if (StatusIn(response.Headers) is not null)
        {
            return;
        }

        var status = (int)response.StatusCode;
        if (status != StatusCodes.Status200OK)
        {
            throw new GrpcException(CodeOf(status), string.Create(CultureInfo.InvariantCulture, $"unexpected HTTP status code received from server: {status}"));
        }

        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (!type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            throw new GrpcException(GrpcStatusCode.Unknown, $"unexpected content-type \"{type}\" received from server");
        }
    }

    // The mapping that gRPC's protocol names for answers that never came from a gRPC server.
    private static GrpcStatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => GrpcStatusCode.Internal,
        StatusCodes.Status401Unauthorized => GrpcStatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => GrpcStatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => GrpcStatusCode.Unimplemented,
        StatusCodes.Status429TooManyRequests or StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable
            or StatusCodes.Status504GatewayTimeout => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    /// <summary>The status among headers or trailers; null when there is none.</summary>
    public static GrpcStatusCode? StatusIn(HttpHeaders headers)
    {
        if (!headers.TryGetValues("grpc-status", out var values))
        {
            return null;
        }

        var text = values.FirstOrDefault();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((GrpcStatusCode)number)
            ? (GrpcStatusCode)number
            : GrpcStatusCode.Unknown;
    }

    private static void ThrowUnlessOk(GrpcStatusCode status, HttpHeaders headers)
    {
        if (status != GrpcStatusCode.Ok)
        {
            var message = headers.TryGetValues("grpc-message", out var texts) ? GrpcStatusMessage.Decode(texts.First()) : "";
            throw new GrpcException(status, message)
            {
                Details = headers.TryGetValues("grpc-status-details-bin", out var details) ? GrpcStatusMessage.DecodeDetails(details.First()) : [],
            };
        }
    }
}
