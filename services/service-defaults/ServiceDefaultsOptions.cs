namespace DaprShop.ServiceDefaults;

/// <summary>What a service has and what it trusts; the defaults are those of a service behind the gateway.</summary>
public sealed class ServiceDefaultsOptions
{
    /// <summary>Requests must carry the run's app token. Off only for what faces the outside: gateway and provider.</summary>
    public bool RequireAppToken { get; set; } = true;

    /// <summary>Registers <c>DaprClient</c> and makes readiness depend on the sidecar.</summary>
    public bool UseSidecar { get; set; } = true;

    /// <summary>Makes readiness depend on the state store.</summary>
    public bool UseStateStore { get; set; } = true;
}
