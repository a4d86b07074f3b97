using Dapr.AspNetCore.Authentication;

namespace Microsoft.AspNetCore.Authorization;

/// <summary>Authorization of the sidecar.</summary>
public static class DaprAuthorizationOptionsExtensions
{
    /// <summary>Adds a policy that only the sidecar fulfils.</summary>
    public static void AddDapr(this AuthorizationOptions options, string name = "Dapr")
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddPolicy(name, policy => policy
            .AddAuthenticationSchemes(DaprAuthenticationHandler.SchemeName)
            .RequireAuthenticatedUser());
    }
}
