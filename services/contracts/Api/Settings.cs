namespace DaprShop.Contracts.Api;

/// <summary>What an operator may change while the shop runs.</summary>
/// <param name="Version">Grows with every change; 0: never changed.</param>
public sealed record ShopSettings(EdgeLimits Edge, long Version)
{
    /// <summary>What holds until an operator says otherwise.</summary>
    public static ShopSettings Default { get; } = new(new EdgeLimits(RequestsPerSecond: 100, Burst: 400, ConcurrentRequests: 2000), Version: 0);
}

/// <summary>Replaces the settings as a whole.</summary>
public sealed record PutSettings(EdgeLimits Edge);

/// <summary>What each gateway lets through; what is beyond it is answered 429.</summary>
/// <param name="RequestsPerSecond">Of one user, on average.</param>
/// <param name="Burst">Of one user, at once after a pause.</param>
/// <param name="ConcurrentRequests">Of all callers together, in flight at one gateway.</param>
public sealed record EdgeLimits(int RequestsPerSecond, int Burst, int ConcurrentRequests);
