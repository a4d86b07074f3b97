using System.Text.RegularExpressions;

namespace DaprShop.Tests;

/// <summary>Places for anything become places for everything.</summary>
public sealed partial class PathWordTests
{
    private static readonly string[] Forbidden = ["common", "util", "utils", "utility", "utilities", "helper", "helpers", "misc"];

    // The official names of an assembly and of its part of a namespace.
    private static readonly string[] Official = ["Dapr.Common", "Dapr.Common.csproj"];

    [Fact]
    public void Path_OfAnyFile_SaysWhatIsThere()
    {
        var paths = new[] { "services", "sidecar", "sdk", "tests", "components", "k8s", "docs" }
            .SelectMany(folder => Repository.Files(folder, ""))
            .Where(path => path.Split('/').Except(Official).SelectMany(Words).Any(word => Forbidden.Contains(word)));

        Assert.Empty(paths);
    }

    [Theory]
    [InlineData("StringHelpers.cs", true)]
    [InlineData("utils", true)]
    [InlineData("Commons.cs", false)]
    [InlineData("Uncommon.cs", false)]
    public void Words_OfAName_AreFound(string name, bool forbidden) =>
        Assert.Equal(forbidden, Words(name).Any(word => Forbidden.Contains(word)));

    private static IEnumerable<string> Words(string name) => Word().Matches(name).Select(match => match.Value.ToLowerInvariant());

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}
