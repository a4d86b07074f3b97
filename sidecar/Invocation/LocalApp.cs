using Sidecar.AccessControl;
using Sidecar.Grpc;
using Sidecar.Host;
using Sidecar.Metrics;

namespace Sidecar.Invocation;

/// <summary>This sidecar's app as all callers reach it, those of its own sidecar included.</summary>
internal sealed class LocalApp(IAppChannel app, AppChannel channel, SidecarOptions options, AccessList access, SidecarMetrics metrics) : IAppChannel
{
    public bool IsHealthy => channel.IsHealthy;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var caller = SidecarHeaders.Find(request, HeaderRules.CallerAppId) ?? "";
        access.Check(
            new Caller(
                caller,
                SidecarHeaders.Find(request, HeaderRules.CallerNamespace) ?? "",
                SidecarHeaders.Find(request, SidecarHeaders.TrustDomain) ?? ""),
            PathOf(request.RequestUri!.OriginalString),
            request.Method.Method);
        if (SidecarHeaders.Find(request, SidecarHeaders.Proxied) is not null)
        {
            RemoveOurs(request.Headers);
            return options.AppSpeaksGrpc
                ? await channel.SendAsync(request, cancellationToken)
                : throw new InvocationRefusedException(
                    GrpcStatusCode.FailedPrecondition, $"app {options.AppId} cannot be called by gRPC: its --app-protocol is {options.AppProtocol}");
        }

        if (caller == options.AppId || !metrics.IsOn)
        {
            return await DeliverAsync(request, cancellationToken);
        }

        caller = caller.Length == 0 ? "unknown" : caller;
        metrics.Invocations.Received(caller);
        HttpResponseMessage? answered = null;
        try
        {
            return answered = await DeliverAsync(request, cancellationToken);
        }
        finally
        {
            metrics.Invocations.AnswerSent(caller, answered);
        }
    }

    private async Task<HttpResponseMessage> DeliverAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (options.AppSpeaksGrpc)
        {
            return await app.SendAsync(request, cancellationToken);
        }

        if (SidecarHeaders.Find(request, SidecarHeaders.NoVerb) is { } why)
        {
            throw new HttpRequestException(why);
        }

        RemoveOurs(request.Headers);
        var answer = await app.SendAsync(request, cancellationToken);

        // An app must not pass for its sidecar.
        RemoveOurs(answer.Headers);
        return answer;
    }

    private static string PathOf(string target) => target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? target[..query] : target;

    private static void RemoveOurs(System.Net.Http.Headers.HttpHeaders headers)
    {
        List<string>? ours = null;
        foreach (var header in headers.NonValidated)
        {
            if (SidecarHeaders.Has(header.Key))
            {
                (ours ??= []).Add(header.Key);
            }
        }

        ours?.ForEach(name => headers.Remove(name));
    }
}
