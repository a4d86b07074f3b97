using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Primitives;
using Sidecar.Grpc.DaprApi;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.Grpc;

/// <summary>
/// Service invocation by a message (dapr-contract.md 7.2). An HTTP app's answer other than 2xx becomes a status, and
/// dapr-http-status says what it was; a gRPC app's status comes back as it is.
/// </summary>
internal sealed class InvokeService(SidecarOptions options, AppInvoker invoker) : IGrpcService
{
    private const string StatusHeader = "dapr-http-status";

    public IReadOnlyList<GrpcMethod> Methods => [DaprService.Unary("InvokeService", InvokeServiceRequest.Parser, InvokeAsync)];

    private async Task<InvokeResponse> InvokeAsync(InvokeServiceRequest request, GrpcCall call)
    {
        try
        {
            using var answer = await invoker.InvokeAsync(request.Id, MethodOf(request), ToInvocation(request, call), call.Cancelled);
            var body = await answer.Content.ReadAsByteArrayAsync(call.Cancelled);
            CopyHeaders(answer, call.AnswerHeaders);
            var ofGrpcApp = SidecarHeaders.Find(answer, SidecarHeaders.GrpcStatus);
            if (ofGrpcApp is null)
            {
                call.AnswerHeaders[StatusHeader] = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
            }

            return answer.IsSuccessStatusCode
                ? new InvokeResponse
                {
                    Data = new Any { Value = UnsafeByteOperations.UnsafeWrap(body), TypeUrl = SidecarHeaders.Find(answer, SidecarHeaders.DataType) ?? "" },
                    ContentType = answer.Content.Headers.ContentType?.ToString() ?? "",
                }
                : throw (ofGrpcApp is null ? DaprService.ToException(InvokeErrors.Answered((int)answer.StatusCode, body)) : EndOf(answer, ofGrpcApp));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or AppNotFoundException or TimeoutException
            or CircuitBreakerOpenException or UriFormatException)
        {
            throw Failed(request, exception.Message);
        }
        catch (InvocationRefusedException refused)
        {
            throw DaprService.ToException(InvokeErrors.Refused(request.Id, refused));
        }
    }

    private MessageInvocation ToInvocation(InvokeServiceRequest request, GrpcCall call)
    {
        var (verb, noVerb) = VerbOf(request);
        var message = request.Message ?? new InvokeRequest();
        var query = message.HttpExtension?.Querystring ?? "";
        return new MessageInvocation(
            verb,
            new Uri(query.Length > 0 ? $"/{MethodOf(request)}?{query}" : $"/{MethodOf(request)}", UriKind.Relative),
            message.Data?.Value.ToByteArray() ?? [],
            message.ContentType,
            call.Headers,
            new InvocationIdentity(options.AppId, options.Namespace, request.Id.Split('.')[0]),
            call.Trace)
        {
            NoVerb = noVerb,
            DataType = message.Data?.TypeUrl ?? "",
        };
    }

    private static string MethodOf(InvokeServiceRequest request) =>
        TargetPath.Normalize(request.Message?.Method ?? "", out var invalid) ?? throw Failed(request, invalid);

    // Whether a verb is needed depends on the app: one that speaks gRPC does without.
    private static (HttpMethod Verb, string? NoVerb) VerbOf(InvokeServiceRequest request) => request.Message?.HttpExtension?.Verb switch
    {
        HTTPExtension.Types.Verb.Get => (HttpMethod.Get, null),
        HTTPExtension.Types.Verb.Head => (HttpMethod.Head, null),
        HTTPExtension.Types.Verb.Post => (HttpMethod.Post, null),
        HTTPExtension.Types.Verb.Put => (HttpMethod.Put, null),
        HTTPExtension.Types.Verb.Delete => (HttpMethod.Delete, null),
        HTTPExtension.Types.Verb.Options => (HttpMethod.Options, null),
        HTTPExtension.Types.Verb.Trace => (HttpMethod.Trace, null),
        HTTPExtension.Types.Verb.Patch => (HttpMethod.Patch, null),
        null => (HttpMethod.Post, "rpc error: code = InvalidArgument desc = missing HTTP extension field"),
        _ => (HttpMethod.Post, "rpc error: code = InvalidArgument desc = invalid HTTP verb"),
    };

    private static GrpcException EndOf(HttpResponseMessage answer, string status) => new(
        (GrpcStatusCode)int.Parse(status, CultureInfo.InvariantCulture),
        GrpcStatusMessage.Decode(SidecarHeaders.Find(answer, SidecarHeaders.GrpcMessage) ?? ""))
    {
        Details = GrpcStatusMessage.DecodeDetails(SidecarHeaders.Find(answer, SidecarHeaders.GrpcDetails) ?? ""),
    };

    private static GrpcException Failed(InvokeServiceRequest request, string why) =>
        DaprService.ToException(InvokeErrors.Failed(request.Id, why));

    private static void CopyHeaders(HttpResponseMessage answer, IHeaderDictionary headers)
    {
        var connection = answer.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToArray() : [];
        var nominated = HeaderRules.NominatedBy(new StringValues(connection));
        foreach (var (name, value) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (HeaderRules.GoesToCaller(name, nominated) && !IsOfTheCall(name))
            {
                headers[HeaderRules.NameInGrpc(name)] = value.ToArray();
            }
        }
    }

    private static bool IsOfTheCall(string name) =>
        name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase)
        || HeaderRules.IsTrace(name);
}
