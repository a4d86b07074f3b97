namespace Sidecar.Invocation;

/// <summary>This sidecar's app as all callers reach it, those of its own sidecar included.</summary>
internal sealed class LocalApp(IAppChannel app, Host.SidecarOptions options) : IAppChannel
{
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
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

    private static void RemoveOurs(System.Net.Http.Headers.HttpHeaders headers)
    {
        foreach (var name in headers.NonValidated.Select(header => header.Key).Where(SidecarHeaders.Has).ToList())
        {
            headers.Remove(name);
        }
    }
}
