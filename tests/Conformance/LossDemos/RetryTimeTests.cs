using DaprShop.TestKit.Shop;
using Sidecar.Components;
using Sidecar.Configuration;
using Sidecar.Resiliency;

namespace DaprShop.Tests.LossDemos;

/// <summary>
/// Row L3 as a rule for our files: all attempts at a message end before its processing timeout does, so that no other
/// sidecar may claim it meanwhile and the dead-letter topic is reached at all.
/// </summary>
public sealed class RetryTimeTests
{
    // pubsub.redis and pubsub.sqlite when the component does not say.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Sets =>
        [.. Directory.EnumerateDirectories(Path.Combine(Checkout.Root, "components")).Select(set => Path.GetFileName(set))];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Set_OfOurs_RetriesLessLongThanTheProcessingTimeout(string set)
    {
        var resources = Load(Path.Combine(Checkout.Root, "components", set), "notification");
        var broker = resources.Components.Single(component => component.Name == "pubsub");

        var longest = LongestDelivery(resources.Resiliency, broker.Type);

        Assert.True(longest < TimeoutOf(broker), $"components/{set}: {longest} of retries, {TimeoutOf(broker)} of processing timeout");
    }

    [Theory]
    [InlineData("{ policy: constant, duration: 7s, maxRetries: 8 }", 56)]
    [InlineData("{ policy: constant, duration: 8s, maxRetries: 8 }", 64)]
    [InlineData("{ policy: exponential, maxInterval: 60s, maxRetries: 2 }", 1.875)]
    [InlineData("{ policy: constant, duration: 1s }", double.PositiveInfinity)]
    public void LongestDelivery_OfAPolicy_IsTheSumOfItsLongestPauses(string retry, double seconds)
    {
        var folder = Directory.CreateTempSubdirectory("retry-time-").FullName;
        File.WriteAllText(
            Path.Combine(folder, "resiliency.yaml"),
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies: { retries: { r: {{retry}} } }
              targets: { components: { pubsub: { inbound: { retry: r } } } }
            """);

        var longest = LongestDelivery(Load(folder, "app").Resiliency, "pubsub.redis");

        Assert.Equal(double.IsInfinity(seconds) ? TimeSpan.MaxValue : TimeSpan.FromSeconds(seconds), longest);
        Directory.Delete(folder, recursive: true);
    }

    private static TimeSpan LongestDelivery(ResiliencySpec spec, string type)
    {
        var policies = new PolicySet(spec);
        var names = policies.ForComponent("pubsub", type, Direction.Inbound);
        var retry = policies.Retry(names?.Retry);
        if (retry is { MaxRetries: < 0 })
        {
            return TimeSpan.MaxValue;
        }

        var total = policies.Timeout(names?.Timeout) ?? TimeSpan.Zero;
        for (var n = 1; retry?.DelayBefore(n, total, jitter: 1) is { } pause; n++)
        {
            total += pause + (policies.Timeout(names?.Timeout) ?? TimeSpan.Zero);
        }

        return total;
    }

    private static TimeSpan TimeoutOf(ComponentDocument broker) =>
        broker.Metadata.FirstOrDefault(item => item.Name == "processingTimeout")?.Value is { } text
        && GoDuration.TryParse(text, TimeSpan.FromMilliseconds(1), out var timeout)
            ? timeout
            : DefaultTimeout;

    private static SidecarResources Load(string folder, string app)
    {
        var errors = new List<ConfigurationError>();
        var resources = new ResourceLoader(new ResourceScope(app, null, _ => null, () => "id"), errors).Load([folder], []);
        Assert.Empty(errors);
        return resources;
    }
}
