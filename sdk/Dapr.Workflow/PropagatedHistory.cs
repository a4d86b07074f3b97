namespace Dapr.Workflow;

/// <summary>History that a calling workflow handed down. This SDK propagates none yet, so nothing makes one.</summary>
public sealed class PropagatedHistory
{
    private PropagatedHistory()
    {
    }
}
