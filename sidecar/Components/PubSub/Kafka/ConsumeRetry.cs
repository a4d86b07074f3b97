using Sidecar.Resiliency;

namespace Sidecar.Components.PubSub.Kafka;

/// <summary>
/// What follows a handler's error. Enabled: the same record again after the pause, as often as the policy says, while
/// the records behind it wait. Not enabled, or used up: the record is passed over, as daprd does (reliability.md L12).
/// </summary>
internal sealed record ConsumeRetry(bool Enabled, RetryPolicy Policy)
{
    private static readonly string[] Unsupported =
        ["backOffInitialInterval", "backOffRandomizationFactor", "backOffMultiplier", "backOffMaxElapsedTime"];

    public static ConsumeRetry Parse(ComponentMetadata metadata)
    {
        var second = TimeSpan.FromSeconds(1);
        var interval = metadata.Duration(
            "consumeRetryInterval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        var policy = metadata.Text("backOffPolicy");
        if (policy is not (null or "constant" or "exponential"))
        {
            metadata.Reject("backOffPolicy", $"'{policy}' is neither constant nor exponential");
        }

        foreach (var name in Unsupported)
        {
            if (metadata.Text(name) is not null)
            {
                metadata.Reject(name, "cannot be set with this sidecar; use backOffPolicy, backOffDuration, backOffMaxInterval and backOffMaxRetries");
            }
        }

        return new ConsumeRetry(
            metadata.Text("consumeRetryEnabled") is null || metadata.Flag("consumeRetryEnabled"),
            new RetryPolicy
            {
                Exponential = policy == "exponential",
                Duration = metadata.Duration("backOffDuration", interval, TimeSpan.FromMilliseconds(1), second),
                MaxInterval = metadata.Duration("backOffMaxInterval", TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(1), second),
                MaxRetries = metadata.Number("backOffMaxRetries", -1, minimum: -1),
            });
    }

    /// <summary>Null: pass the record over.</summary>
    public TimeSpan? DelayBefore(int retry, TimeSpan elapsed) => Enabled ? Policy.DelayBefore(retry, elapsed, Jitter.Next()) : null;
}
