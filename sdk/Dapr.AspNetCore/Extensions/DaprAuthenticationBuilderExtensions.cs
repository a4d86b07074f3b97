#nullable disable
using Dapr.AspNetCore;
using Dapr.AspNetCore.Authentication;

namespace Microsoft.AspNetCore.Authentication;

/// <summary>Authentication of the sidecar by the application's API token.</summary>
public static class DaprAuthenticationBuilderExtensions
{
    /// <summary>Adds the scheme "Dapr" with the token of the environment.</summary>
    public static AuthenticationBuilder AddDapr(this AuthenticationBuilder builder) => builder.AddDapr(configureOptions: null);

    /// <summary>Adds the scheme "Dapr".</summary>
    public static AuthenticationBuilder AddDapr(this AuthenticationBuilder builder, Action<DaprAuthenticationOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddScheme<DaprAuthenticationOptions, DaprAuthenticationHandler>(DaprAuthenticationHandler.SchemeName, configureOptions);
    }
}
