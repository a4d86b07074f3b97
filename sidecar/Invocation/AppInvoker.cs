using Sidecar.Grpc;
using Sidecar.Host;
using Sidecar.Resiliency;

namespace Sidecar.Invocation;

/// <summary>There is no such app, or no way to it.</summary>
internal sealed class AppNotFoundException(string message) : Exception(message);

/// <summary>Finds the target's app channel and calls it under the policies of <c>apps.{id}</c> (dapr-contract.md 7.4).</summary>
internal sealed class AppInvoker(SidecarOptions options, SidecarDirectory directory, ResiliencyPolicies resiliency)
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

        return await resiliency.BuiltIn(PolicySet.BuiltInServiceRetries)
            .RunAsync(token => CallUntilConnectedAsync(appId, request, token), cancellationToken);
    }

    private async Task<Attempt<HttpResponseMessage>> CallAsync(string appId, IInvocation request, CancellationToken cancellationToken)
    {
        // Looked up at each attempt: the target's sidecar may have come up in the meantime.
        try
        {
            return request.Judge(await Resolve(appId).SendAsync(request.Build(), cancellationToken));
        }
        catch (Exception decided) when (decided is InvocationRefusedException or GrpcException)
        {
            throw new PermanentFailureException(decided);
        }
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

    private IAppChannel Resolve(string appId)
    {
        var parts = appId.Split('.');
        if (parts.Length > 2)
        {
            throw new AppNotFoundException($"invalid app id {appId}");
        }

        var isHere = parts.Length == 1 || parts[1] == options.Namespace;
        if (isHere && directory.Find(parts[0]) is { } channel)
        {
            return channel;
        }

        throw new AppNotFoundException(isHere && parts[0] == options.AppId
            ? "cannot invoke local endpoint: app channel not initialized"
            : $"couldn't find service: {appId}");
    }
}
