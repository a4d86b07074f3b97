namespace Sidecar.Jobs;

/// <summary>Brings a job that is due to the app, in the protocol the app speaks (dapr-contract.md 9.4).</summary>
internal interface IJobApp
{
    /// <summary>Why the app did not take the job; null when it did, or does not know it: trying again would not help.</summary>
    Task<string?> TriggerAsync(ScheduledJob job);
}
