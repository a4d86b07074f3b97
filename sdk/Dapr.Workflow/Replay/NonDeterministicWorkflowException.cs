namespace Dapr.Workflow.Replay;

/// <summary>Workflow code did something that a replay cannot repeat, or something else than its history records.</summary>
internal sealed class NonDeterministicWorkflowException(string message) : Exception(message);
