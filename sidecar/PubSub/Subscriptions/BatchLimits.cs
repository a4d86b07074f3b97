namespace Sidecar.PubSub.Subscriptions;

/// <summary>When a batch of a bulk subscription is sent (dapr-contract.md 5.6).</summary>
/// <param name="Count">At the latest when it has so many messages.</param>
/// <param name="Wait">At the latest so long after its first message.</param>
internal sealed record BatchLimits(int Count, TimeSpan Wait)
{
    /// <summary>daprd's defaults stand in for what is absent or no positive number.</summary>
    public static BatchLimits Of(int? count, int? milliseconds) => new(
        count is > 0 ? count.Value : 100, TimeSpan.FromMilliseconds(milliseconds is > 0 ? milliseconds.Value : 1000));
}
