namespace Sidecar.Jobs;

/// <summary>When a job runs, as the client wrote it; null or empty where it wrote nothing.</summary>
internal sealed record JobTimes(string? Schedule, string? DueTime, uint? Repeats, string? Ttl);
