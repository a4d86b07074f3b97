namespace Sidecar.Resiliency;

/// <summary>The one place of this process's retry randomness.</summary>
internal static class Jitter
{
    /// <summary>From 0 to 1.</summary>
    public static double Next() => Random.Shared.NextDouble();
}
