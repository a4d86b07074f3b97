using Sidecar.AccessControl;
using Sidecar.Grpc;
using Sidecar.Grpc.Proxy;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.NameResolution;
using Sidecar.Resiliency;

namespace Sidecar.Invocation;

/// <summary>There is no such app, or no way to it.</summary>
internal sealed class AppNotFoundException(string message) : Exception(message);

/// <summary>Finds the target's app channel and calls it under the policies of <c>apps.{id}</c> (dapr-contract.md 7.4).</summary>
/// <param name="own">The app of this very sidecar, which calls of its own id are for, however many replicas there are; null: it has none.</param>
internal sealed class AppInvoker(
    SidecarOptions options,
    SidecarDirectory directory,
    ResiliencyPolicies resiliency,
    Peers? peers = null,
    AccessList? access = null,
    HttpEndpoints? endpoints = null,
    SidecarMetrics? metrics = null,
    LocalApp? own = null)
{
    /// <summary>The app's answer, any status; its body still streams.</summary>
    public async Task<HttpResponseMessage> InvokeAsync(string appId, string method, IInvocation request, CancellationToken cancellationToken)
    {
        if (resiliency.ForApp(appId, $"{appId}:{method}") is { } policy)
        {
            if (request.IsStream)
            {
                policy = policy.WithoutRetries();
            }
            else if (policy.HasRetries)
            {
                await request.KeepBodyAsync(cancellationToken);
            }

            return await policy.RunAsync(token => CallAsync(appId, request, token), cancellationToken);
        }

        if (request.IsStream)
        {
            return await resiliency.None.RunAsync(token => CallAsync(appId, request, token), cancellationToken);
        }

        if (request.MayBeKept && !directory.Has(appId))
        {
            // The target's sidecar may die with the call in hand; as with daprd the call is then made again.
            await request.KeepBodyAsync(cancellationToken);
        }

        return await resiliency.BuiltIn(PolicySet.BuiltInServiceRetries)
            .RunAsync(token => CallUntilConnectedAsync(appId, request, token), cancellationToken);
    }

    private async Task<Attempt<HttpResponseMessage>> CallAsync(string appId, IInvocation request, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // Looked up at each attempt: the target's sidecar may have come up in the meantime.
                var channel = await ResolveAsync(appId, cancellationToken);
                return request.Judge(await SendAsync(appId, channel, request, cancellationToken));
            }
            catch (PeerUnreachableException) when (request.CanBeSentAgain)
            {
                // That replica is left out from now on, and it got nothing of the call: the next one is asked at once.
                continue;
            }
            catch (Exception decided) when (decided is InvocationRefusedException or GrpcException)
            {
                throw new PermanentFailureException(decided);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string appId, IAppChannel channel, IInvocation request, CancellationToken cancellationToken)
    {
        if (metrics is not { IsOn: true } || appId.Split('.')[0] == options.AppId)
        {
            return await channel.SendAsync(Build(request), cancellationToken);
        }

        var isStream = request is ProxiedCall { IsStream: true };
        metrics.Invocations.Sent(appId, isStream);
        var started = resiliency.Clock.GetTimestamp();
        var answer = await channel.SendAsync(Build(request), cancellationToken);
        metrics.Invocations.Answered(appId, answer, isStream, resiliency.Clock.GetElapsedTime(started));
        return answer;
    }

    private HttpRequestMessage Build(IInvocation request)
    {
        var message = request.Build();
        if (access is not null)
        {
            message.Headers.TryAddWithoutValidation(SidecarHeaders.TrustDomain, access.TrustDomain);
        }

        return message;
    }

    // Without a policy only a call that never reached the app is made again, and any answer is the answer.
    private async Task<Attempt<HttpResponseMessage>> CallUntilConnectedAsync(
        string appId, IInvocation request, CancellationToken cancellationToken)
    {
        try
        {
            return (await CallAsync(appId, request, cancellationToken)).Value;
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError != HttpRequestError.ConnectionError || !request.CanBeSentAgain)
        {
            throw new PermanentFailureException(exception);
        }
        catch (AppNotFoundException exception)
        {
            throw new PermanentFailureException(exception);
        }
    }

    private async Task<IAppChannel> ResolveAsync(string appId, CancellationToken cancellationToken)
    {
        if (endpoints?.Find(appId) is { } elsewhere)
        {
            return elsewhere;
        }

        var parts = appId.Split('.');
        if (parts.Length > 2)
        {
            throw new AppNotFoundException($"invalid app id {appId}");
        }

        var appNamespace = parts.Length == 1 ? options.Namespace : parts[1];
        var isHere = appNamespace == options.Namespace;
        if (isHere && parts[0] == options.AppId)
        {
            return own ?? throw new AppNotFoundException("cannot invoke local endpoint: app channel not initialized");
        }

        if (isHere && directory.Find(parts[0]) is { } local)
        {
            return local;
        }

        var (channel, existed) = peers is null ? default : await peers.FindAsync(parts[0], appNamespace, cancellationToken);
        return channel ?? throw (existed
            ? new HttpRequestException(HttpRequestError.ConnectionError, $"no sidecar of {appId} can be reached")
            : new AppNotFoundException($"couldn't find service: {appId}"));
    }
}
