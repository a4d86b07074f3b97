using Dapr;
using Microsoft.Extensions.Configuration;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>Calls of the sidecar's HTTP API that Dapr's clients do not have, or do not show enough of.</summary>
public static class SidecarHttp
{
    /// <summary>A client of the sidecar that the environment names, as Dapr's own clients read it.</summary>
    /// <param name="timeout">Of each call, its answer included.</param>
    public static HttpClient Create(IConfiguration configuration, TimeSpan timeout)
    {
        // The sidecar is on this machine or in this pod: no proxy of the environment lies in between.
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(DaprDefaults.GetDefaultHttpEndpoint(configuration)),
            Timeout = timeout,
        };
        Authorize(http, configuration);
        return http;
    }

    /// <summary>Gives a client the sidecar's token if the sidecar is whom it calls, and only then: nobody else may learn it.</summary>
    public static void Authorize(HttpClient http, IConfiguration configuration)
    {
        var sidecar = new Uri(DaprDefaults.GetDefaultHttpEndpoint(configuration));
        if (http.BaseAddress?.Authority == sidecar.Authority && DaprDefaults.GetDefaultDaprApiToken(configuration) is { Length: > 0 } token)
        {
            http.DefaultRequestHeaders.Add("dapr-api-token", token);
        }
    }
}
