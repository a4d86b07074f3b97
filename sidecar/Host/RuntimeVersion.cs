namespace Sidecar.Host;

internal static class RuntimeVersion
{
    /// <summary>The daprd release whose behaviour this sidecar follows; SDKs read it to decide what they may call.</summary>
    public const string Dapr = "1.18.4";
}
