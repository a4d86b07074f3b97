using Dapr.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.ServiceDefaults.Resilience;

public static class AppClients
{
    /// <summary>A client that invokes one app by way of the sidecar: its relative addresses are the app's.</summary>
    public static HttpClient AppClient(this IServiceProvider services, string appId)
    {
        var sidecar = new InvocationHandler
        {
            InnerHandler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false },
            DefaultAppId = appId,
        };
        var breaker = services.GetRequiredService<CircuitBreakers>().Of(appId);
        return new HttpClient(new AppCallHandler(breaker, services.GetRequiredService<TimeProvider>()) { InnerHandler = sidecar })
        {
            BaseAddress = new Uri($"http://{appId}"),
            Timeout = AppCallHandler.Patience,
        };
    }
}
