using Sidecar.Grpc;

namespace DaprShop.Tests.Grpc;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("2H", 2 * 60 * 60 * 1000.0)]
    [InlineData("3M", 3 * 60 * 1000.0)]
    [InlineData("10S", 10_000.0)]
    [InlineData("99999999S", 99_999_999_000.0)]
    [InlineData("250m", 250.0)]
    [InlineData("1500u", 1.5)]
    [InlineData("100000n", 0.1)]
    public void Parse_EachUnit_GivesItsSpan(string header, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), GrpcTimeout.Parse(header));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public void Parse_Malformed_IsNoDeadline(string? header) => Assert.Null(GrpcTimeout.Parse(header));
}
