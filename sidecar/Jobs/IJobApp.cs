namespace Sidecar.Jobs;

/// <param name="Failure">Why the app did not take the job; null when it did.</param>
/// <param name="IsFinal">The app does not know the job: trying again would not help.</param>
internal readonly record struct JobAnswer(string? Failure, bool IsFinal = false);

/// <summary>Brings a job that is due to the app, in the protocol the app speaks (dapr-contract.md 9.4).</summary>
internal interface IJobApp
{
    Task<JobAnswer> TriggerAsync(ScheduledJob job);
}
