using Sidecar.Http;

namespace DaprShop.Tests.Actors;

public sealed class ActorNamesTests
{
    [Theory]
    [InlineData("tom", null)]
    [InlineData("", null)]
    [InlineData("a b||c.%2F'", null)]
    [InlineData("a?b", "name contains forbidden character: \"a?b\"")]
    [InlineData("a\\b", "name contains forbidden character: \"a\\\\b\"")]
    [InlineData("a\nb", "name contains control character at position 1: \"a\\nb\"")]
    [InlineData("..", "name is a path traversal sequence: \"..\"")]
    public void Problem_OfAName_IsWhatDaprRefuses(string name, string? problem) => Assert.Equal(problem, ActorNames.Problem(name));
}
