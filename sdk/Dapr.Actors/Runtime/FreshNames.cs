namespace Dapr.Actors.Runtime;

/// <summary>Where names come from that nobody chose.</summary>
internal static class FreshNames
{
    public static string Next() => Guid.NewGuid().ToString();
}
