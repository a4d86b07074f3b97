using Sidecar.Configuration;
using Sidecar.Metrics;

namespace DaprShop.Tests.Metrics;

public sealed class PathLabelTests
{
    [Theory]
    [InlineData("/v1.0/metadata", "/v1.0/metadata")]
    [InlineData("/v1.0/state/store/key", "/v1.0/state/store")]
    [InlineData("/v1.0/secrets/vault/key", "/v1.0/secrets/vault")]
    [InlineData("/v1.0/actors/Cat/7/timers/nap", "/v1.0/actors/Cat/{id}/timers")]
    [InlineData("/v1.0/workflows/dapr/abc", "/v1.0/workflows/dapr/{instanceId}")]
    [InlineData("/v1.0/workflows/dapr/Flow/start", "/v1.0/workflows/dapr/Flow/start")]
    [InlineData("/v1.0/workflows/dapr/abc/pause", "/v1.0/workflows/dapr/{instanceId}/pause")]
    [InlineData("/v1.0/workflows/dapr/abc/raiseEvent/go", "/v1.0/workflows/dapr/{instanceId}/raiseEvent/{eventName}")]
    [InlineData("/v1.0/invoke/app/method/x", "/v1.0/invoke/app/method/x")]
    public void Of_APath_LeavesOutKeysAndIds(string path, string expected) =>
        Assert.Equal(expected, new PathLabel(MetricsSpec.Default).Of(path));

    [Theory]
    [InlineData("/orders/7", "/orders/{id}")]
    [InlineData("/orders/new", "/orders/new")]
    [InlineData("/v1.0/invoke/shop/method/orders/7", "/v1.0/invoke/{app_id}/method/orders/{id}")]
    [InlineData("/orders", "")]
    public void Of_WithTemplates_TheMostExactWins(string path, string expected)
    {
        var label = new PathLabel(MetricsSpec.Default with { IncreasedCardinality = false, PathMatching = ["/orders/{id}", "/orders/new"] });

        Assert.Equal(expected, label.Of(path));
    }
}
