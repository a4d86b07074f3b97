using Sidecar.Tracing;

namespace DaprShop.Tests.Tracing;

public sealed class SamplingTests
{
    [Theory]
    [InlineData(null, false, false, null)]
    [InlineData("", false, false, null)]
    [InlineData(null, true, false, 1e-4)]
    [InlineData(null, true, true, 1.0)]
    [InlineData("often", false, false, 1e-4)]
    [InlineData("NaN", false, false, 1e-4)]
    [InlineData("0", false, false, 0.0)]
    [InlineData("0.25", true, false, 0.25)]
    [InlineData("0", true, true, 0.0)]
    [InlineData("7", false, false, 1.0)]
    public void Rate_EachCase_IsDaprds(string? written, bool hasExporter, bool fromEnvironment, double? rate) =>
        Assert.Equal(rate, Sampling.Rate(written, hasExporter, fromEnvironment));
}
