using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>
/// Listens on <c>APP_PORT</c> (set by whoever runs the service; appsettings.json holds the service's own default).
/// Loopback unless <c>APP_ADDRESS</c> says otherwise: only the sidecar beside a service has business with it.
/// </summary>
internal static class Listener
{
    public const int MaxBodyBytes = 64 * 1024;

    public static void AddListener(this WebApplicationBuilder builder)
    {
        var port = builder.Configuration.GetValue<int?>("APP_PORT")
            ?? throw new InvalidOperationException("APP_PORT is not set: give the service its port in appsettings.json or the environment.");
        var address = IPAddress.Parse(builder.Configuration.GetValue("APP_ADDRESS", "127.0.0.1")!);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Kestrel reads headers as UTF-8 and cuts off what is none with a bare 400. Every byte is a character of Latin-1, so here
            // such a header reaches whoever can say which one is wrong.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Listen(address, port);
        });
    }
}
