using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Sidecar.Host;

/// <summary>
/// Lifts the limits that are meant for one HTTP/1.1 body from gRPC calls: a worker's stream lives for days, may be silent
/// for hours and carries more than one body's worth of messages; gRPC limits each message instead.
/// </summary>
internal static class StreamLimits
{
    public static IApplicationBuilder UseStreamLimits(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null;
            }
        }

        return next(context);
    });
}
