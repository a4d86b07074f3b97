namespace Dapr.Client.Http;

/// <summary>The connections to sidecars, pooled once for all clients of the process.</summary>
internal static class SidecarConnections
{
    // No cookies: the pool is shared, so one call's cookie would travel with another's. No proxy: the sidecar is a neighbour.
    // Without a lifetime, a connection would outlive a change of what the endpoint's name resolves to.
    public static readonly SocketsHttpHandler Shared = new()
    {
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
