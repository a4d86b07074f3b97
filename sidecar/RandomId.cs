namespace Sidecar;

/// <summary>The one source of random ids (ETags, event ids); everything else derives its ids.</summary>
internal static class RandomId
{
    public static string NewUuid() => Guid.NewGuid().ToString();
}
