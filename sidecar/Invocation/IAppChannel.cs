namespace Sidecar.Invocation;

/// <summary>The way from a sidecar to its app.</summary>
internal interface IAppChannel
{
    /// <summary>False: the sidecar knows that a call would fail; another replica of the app is the better choice.</summary>
    bool IsHealthy => true;

    /// <summary>
    /// Sends with the app's base address, the app token and the concurrency limit applied; returns once the
    /// answer's headers are there so that bodies stream. Throws <see cref="HttpRequestException"/> when the app cannot be reached
    /// or is not in a healthy state. The request URI is relative.
    /// </summary>
    Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}
