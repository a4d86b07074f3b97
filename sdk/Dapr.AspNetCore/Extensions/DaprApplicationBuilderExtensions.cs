using Dapr;
using Dapr.AspNetCore.CloudEvents;

namespace Microsoft.AspNetCore.Builder;

/// <summary>CloudEvents envelopes in the request pipeline.</summary>
public static class DaprApplicationBuilderExtensions
{
    /// <summary>Opens envelopes before the endpoints see them.</summary>
    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder) =>
        builder.UseCloudEvents(new CloudEventsMiddlewareOptions());

    /// <summary>Opens envelopes before the endpoints see them.</summary>
    public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder, CloudEventsMiddlewareOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder.UseMiddleware<CloudEventsMiddleware>(options);
    }
}
