using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class ResourceQuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("4Ki", 4096)]
    [InlineData("4Mi", 4194304)]
    [InlineData("1.5Gi", 1610612736)]
    [InlineData("2k", 2000)]
    [InlineData("2M", 2000000)]
    [InlineData("1e3", 1000)]
    [InlineData("1500m", 2)]
    public void TryParse_KubernetesQuantity_GivesBytes(string text, long expected)
    {
        Assert.True(ResourceQuantity.TryParse(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("4MB")]
    [InlineData("-1Ki")]
    [InlineData("9Ei9")]
    [InlineData("100Ei")]
    [InlineData("1e30")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(ResourceQuantity.TryParse(text, out _));
    }
}
