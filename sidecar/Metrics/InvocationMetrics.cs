using System.Globalization;
using Sidecar.Grpc;
using Sidecar.Invocation;

namespace Sidecar.Metrics;

/// <summary>Service invocation between sidecars, on both sides. What an app asks of itself never leaves its sidecar and is not counted.</summary>
internal sealed class InvocationMetrics
{
    private readonly Family _sent;
    private readonly Family _received;
    private readonly Family _answersSent;
    private readonly Family _answersReceived;
    private readonly Family _latency;

    public InvocationMetrics(FamilySet families)
    {
        _sent = families.Counter("runtime_service_invocation_req_sent_total", "Calls sent to other apps.", false, "dst_app_id", "type");
        _received = families.Counter("runtime_service_invocation_req_recv_total", "Calls that came from other apps.", false, "src_app_id");
        _answersSent = families.Counter("runtime_service_invocation_res_sent_total", "Answers sent to other apps.", false, "dst_app_id", "status");
        _answersReceived = families.Counter("runtime_service_invocation_res_recv_total", "Answers that came from other apps.", false, "src_app_id", "status", "type");
        _latency = families.Latency("runtime_service_invocation_res_recv_latency_ms", "Milliseconds until another app answered.", false, "src_app_id", "status");
    }

    public void Sent(string appId, bool isStream) => _sent.Count(new LabelValues(appId, TypeOf(isStream)));

    public void Answered(string appId, HttpResponseMessage answer, bool isStream, TimeSpan elapsed)
    {
        var status = StatusOf(answer);
        _answersReceived.Count(new LabelValues(appId, status, TypeOf(isStream)));
        if (!isStream)
        {
            _latency.Observe(new LabelValues(appId, status), elapsed.TotalMilliseconds);
        }
    }

    public void Received(string callerAppId) => _received.Count(new LabelValues(callerAppId));

    /// <param name="answer">Null: the app did not answer.</param>
    public void AnswerSent(string callerAppId, HttpResponseMessage? answer) =>
        _answersSent.Count(new LabelValues(callerAppId, answer is null ? Text((int)GrpcStatusCode.Internal) : StatusOf(answer)));

    private static string TypeOf(bool isStream) => isStream ? "streaming" : "unary";

    // In the protocol of the app that answered: of gRPC, before its messages have come, or of HTTP.
    private static string StatusOf(HttpResponseMessage answer) =>
        SidecarHeaders.Find(answer, SidecarHeaders.GrpcStatus)
        ?? (answer.Content.Headers.ContentType?.MediaType?.StartsWith(GrpcReply.ContentType, StringComparison.Ordinal) == true
            ? Text((int)(GrpcReply.StatusIn(answer.Headers) ?? GrpcStatusCode.Ok))
            : Text((int)answer.StatusCode));

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
