using System.Collections.Frozen;
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
/// Service invocation by a message (dapr-contract.md 7.2): a call to an app's HTTP API, whose answer is the reply. An
/// answer other than 2xx becomes a status, and dapr-http-status says what it was.
/// </summary>
internal sealed class InvokeService(SidecarOptions options, AppInvoker invoker) : IGrpcService
{
    private const string StatusHeader = "dapr-http-status";

    // As headers of the answer they would speak of the gRPC call; daprd hands them on under another name.
    private static readonly FrozenSet<string> Renamed = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "accept-ranges", "cache-control", "content-length", "content-type", "cookie", "date", "from", "pragma", "via", "warning");

    public IReadOnlyList<GrpcMethod> Methods => [DaprService.Unary("InvokeService", InvokeServiceRequest.Parser, InvokeAsync)];

    private async Task<InvokeResponse> InvokeAsync(InvokeServiceRequest request, GrpcCall call)
    {
        try
        {
            using var answer = await invoker.InvokeAsync(request.Id, MethodOf(request), ToInvocation(request, call), call.Cancelled);
            var body = await answer.Content.ReadAsByteArrayAsync(call.Cancelled);
            CopyHeaders(answer, call.AnswerHeaders);
            return answer.IsSuccessStatusCode
                ? new InvokeResponse
                {
                    Data = new Any { Value = UnsafeByteOperations.UnsafeWrap(body) },
                    ContentType = answer.Content.Headers.ContentType?.ToString() ?? "",
                }
                : throw DaprService.ToException(InvokeErrors.Answered((int)answer.StatusCode, body));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or AppNotFoundException or TimeoutException
            or CircuitBreakerOpenException or UriFormatException)
        {
            throw Failed(request, exception.Message);
        }
    }

    private MessageInvocation ToInvocation(InvokeServiceRequest request, GrpcCall call)
    {
        var verb = VerbOf(request);
        var message = request.Message;
        var query = message.HttpExtension.Querystring;
        return new MessageInvocation(
            verb,
            new Uri(query.Length > 0 ? $"/{MethodOf(request)}?{query}" : $"/{MethodOf(request)}", UriKind.Relative),
            message.Data?.Value.ToByteArray() ?? [],
            message.ContentType,
            call.Headers,
            new InvocationIdentity(options.AppId, options.Namespace, request.Id.Split('.')[0]),
            call.Trace);
    }

    private static string MethodOf(InvokeServiceRequest request) =>
        TargetPath.Normalize(request.Message?.Method ?? "", out var invalid) ?? throw Failed(request, invalid);

    private static HttpMethod VerbOf(InvokeServiceRequest request) => request.Message?.HttpExtension?.Verb switch
    {
        HTTPExtension.Types.Verb.Get => HttpMethod.Get,
        HTTPExtension.Types.Verb.Head => HttpMethod.Head,
        HTTPExtension.Types.Verb.Post => HttpMethod.Post,
        HTTPExtension.Types.Verb.Put => HttpMethod.Put,
        HTTPExtension.Types.Verb.Delete => HttpMethod.Delete,
        HTTPExtension.Types.Verb.Options => HttpMethod.Options,
        HTTPExtension.Types.Verb.Trace => HttpMethod.Trace,
        HTTPExtension.Types.Verb.Patch => HttpMethod.Patch,
        null => throw Failed(request, "rpc error: code = InvalidArgument desc = missing HTTP extension field"),
        _ => throw Failed(request, "rpc error: code = InvalidArgument desc = invalid HTTP verb"),
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
                headers[Renamed.Contains(name) ? $"dapr-{name}" : name] = value.ToArray();
            }
        }

        headers[StatusHeader] = ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool IsOfTheCall(string name) =>
        name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase)
        || name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)
        || name.Equals("tracestate", StringComparison.OrdinalIgnoreCase);
}
