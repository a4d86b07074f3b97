using Sidecar.Http;

namespace DaprShop.Tests.Http;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/b/", "/a/b")]
    [InlineData("//a///b", "/a/b")]
    [InlineData("/a/./b/../c", "/a/c")]
    [InlineData("/../..", "/")]
    [InlineData("/a/.hidden", "/a/.hidden")]
    [InlineData("/a%2F..%2Fb", "/a%2F..%2Fb")]
    public void Clean_APath_ResolvesSegmentsAndKeepsEscapes(string path, string cleaned) =>
        Assert.Equal(cleaned, RequestTarget.Clean(path));
}
