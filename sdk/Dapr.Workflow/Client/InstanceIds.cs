namespace Dapr.Workflow.Client;

/// <summary>Where ids of new instances come from.</summary>
internal static class InstanceIds
{
    public static Guid Random() => Guid.NewGuid();
}
