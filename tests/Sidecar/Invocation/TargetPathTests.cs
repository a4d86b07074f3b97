using Sidecar.Invocation;

namespace DaprShop.Tests.Invocation;

public sealed class TargetPathTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("orders", "orders")]
    [InlineData("a/b/../c", "a/c")]
    [InlineData("../../etc", "etc")]
    [InlineData("admin%2F..%2Fpublic", "public")]
    [InlineData("a//b/./c/", "a/b/c")]
    [InlineData("test%22stream", "test%22stream")]
    [InlineData("test%2Astream", "test*stream")]
    [InlineData("test%5Cstream", "test%5Cstream")]
    [InlineData("a%20b", "a%20b")]
    [InlineData("caf%C3%A9", "caf%C3%A9")]
    [InlineData("a+b", "a+b")]
    [InlineData("a:b@c;d=e,f", "a:b@c;d=e,f")]
    [InlineData("a%252Fb", "a%2Fb")]
    public void Normalize_OfARawPath_CleansItAndKeepsWhatIsReserved(string raw, string expected)
    {
        var method = TargetPath.Normalize(raw, out _);

        Assert.Equal(expected, method);
    }

    [Theory]
    [InlineData("test%23stream")]
    [InlineData("test%3Fstream")]
    [InlineData("test%00stream")]
    [InlineData("test%0Dstream")]
    [InlineData("test%7Fstream")]
    [InlineData("test%25stream")]
    public void Normalize_OfWhatWouldChangeTheUrl_IsRefused(string raw)
    {
        var method = TargetPath.Normalize(raw, out var error);

        Assert.Null(method);
        Assert.StartsWith("invalid method: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("events/x", "/events/x")]
    [InlineData("/events/x?a=b c", "/events/x?a=b c")]
    [InlineData("/a b%20c", "/a%20b%20c")]
    public void ToUri_OfAConfiguredPath_EncodesOnlyWhatNeedsIt(string path, string expected)
    {
        Assert.Equal(expected, TargetPath.ToUri(path).OriginalString);
    }
}
