#nullable disable
using Microsoft.AspNetCore.Authentication;

// The official namespace, whatever the folder.
namespace Dapr.AspNetCore;

/// <summary>How calls from the sidecar are recognised.</summary>
public class DaprAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <summary>The token that the sidecar shows; <c>APP_API_TOKEN</c> of the environment unless said.</summary>
    public string Token { get; set; } = DaprDefaults.GetDefaultAppApiToken(null);
}
