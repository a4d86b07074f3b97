using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;
using Sidecar.Invocation;
using Verb = Sidecar.Grpc.DaprApi.HTTPExtension.Types.Verb;

namespace Sidecar.Grpc.Callbacks;

/// <summary>
/// A gRPC app as those see it who make HTTP requests: each becomes one OnInvoke, whose end becomes an HTTP answer
/// (dapr-contract.md 7.2, 14.3). The status itself goes along in <see cref="SidecarHeaders"/> for callers that speak gRPC.
/// </summary>
internal sealed class OnInvokeChannel(AppCallback app) : IAppChannel
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (method, query) = Split(request.RequestUri!.OriginalString);
        if (method == "dapr/config" && !request.Headers.Contains(HeaderRules.CalleeAppId))
        {
            // Not an invocation but the runtime's question what the app hosts, which gRPC apps are never asked.
            return new HttpResponseMessage(HttpStatusCode.NotFound);
        }

        var invocation = new InvokeRequest
        {
            Method = method,
            Data = new Any { TypeUrl = SidecarHeaders.Find(request, SidecarHeaders.DataType) ?? "" },
            ContentType = request.Content?.Headers.NonValidated.TryGetValues("Content-Type", out var type) == true ? type.ToString() : "",
            HttpExtension = new HTTPExtension { Verb = VerbOf(request), Querystring = query },
        };
        if (request.Content is not null)
        {
            invocation.Data.Value = UnsafeByteOperations.UnsafeWrap(await request.Content.ReadAsByteArrayAsync(cancellationToken));
        }

        try
        {
            var reply = await app.CallAsync("OnInvoke", invocation, InvokeResponse.Parser, Metadata(request.Headers), HeaderRules.TraceOf(request), cancellationToken);
            return Answer(reply);
        }
        catch (GrpcException ended)
        {
            return Answer(ended);
        }
    }

    private static (string Method, string Query) Split(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? (target.TrimStart('/'), "") : (target[..query].TrimStart('/'), target[(query + 1)..]);
    }

    private static Verb VerbOf(HttpRequestMessage request) =>
        SidecarHeaders.Find(request, SidecarHeaders.NoVerb) is null && System.Enum.TryParse<Verb>(request.Method.Method, ignoreCase: true, out var verb)
            ? verb
            : Verb.None;

    private static IEnumerable<KeyValuePair<string, string>> Metadata(HttpRequestHeaders headers) =>
        from header in headers.NonValidated
        where !SidecarHeaders.Has(header.Key) && !HeaderRules.IsTrace(header.Key)
        from value in header.Value
        select new KeyValuePair<string, string>(HeaderRules.NameInGrpc(header.Key), value);

    private static HttpResponseMessage Answer(GrpcReply<InvokeResponse> reply)
    {
        var message = reply.Message;
        var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(message.Data?.Value.ToByteArray() ?? []) };
        answer.Content.Headers.TryAddWithoutValidation("Content-Type", message.ContentType.Length > 0 ? message.ContentType : "application/json");
        foreach (var (name, values) in reply.Headers.NonValidated)
        {
            if (!name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) && !SidecarHeaders.Has(name))
            {
                answer.Headers.TryAddWithoutValidation(name, values);
            }
        }

        Tell(answer, GrpcStatusCode.Ok);
        answer.Headers.TryAddWithoutValidation(SidecarHeaders.DataType, message.Data?.TypeUrl ?? "");
        return answer;
    }

    private static HttpResponseMessage Answer(GrpcException ended)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)HttpStatusOf(ended.Status))
        {
            Content = JsonContent.Create(new { code = (int)ended.Status, message = ended.Message }, new MediaTypeHeaderValue("application/json"), Json),
        };
        Tell(answer, ended.Status);
        answer.Headers.TryAddWithoutValidation(SidecarHeaders.GrpcMessage, GrpcStatusMessage.Encode(ended.Message));
        if (ended.Details.Count > 0)
        {
            answer.Headers.TryAddWithoutValidation(SidecarHeaders.GrpcDetails, GrpcStatusMessage.EncodeDetails(ended.Status, ended.Message, ended.Details));
        }

        return answer;
    }

    private static void Tell(HttpResponseMessage answer, GrpcStatusCode status) =>
        answer.Headers.TryAddWithoutValidation(SidecarHeaders.GrpcStatus, ((int)status).ToString(CultureInfo.InvariantCulture));

    private static int HttpStatusOf(GrpcStatusCode code) => code switch
    {
        GrpcStatusCode.Ok => StatusCodes.Status200OK,
        GrpcStatusCode.Cancelled => StatusCodes.Status408RequestTimeout,
        GrpcStatusCode.InvalidArgument or GrpcStatusCode.FailedPrecondition or GrpcStatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        GrpcStatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        GrpcStatusCode.NotFound => StatusCodes.Status404NotFound,
        GrpcStatusCode.AlreadyExists or GrpcStatusCode.Aborted => StatusCodes.Status409Conflict,
        GrpcStatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        GrpcStatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        GrpcStatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        GrpcStatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        GrpcStatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
