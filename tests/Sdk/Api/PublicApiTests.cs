using System.Reflection;

namespace DaprShop.Tests.Api;

/// <summary>
/// The public API of sdk/ is a subset of the official SDK's, and every change of it is seen in review. After a change run
/// <c>UPDATE_PUBLIC_API=1 dotnet test tests/Sdk --filter PublicApi</c> and look at the difference.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string[] Assemblies =
        ["Dapr.Common", "Dapr.Client", "Dapr.AspNetCore", "Dapr.Workflow", "Dapr.Actors", "Dapr.Actors.AspNetCore"];

    [Fact]
    public void PublicApi_ComparedWithItsSnapshot_IsTheSame()
    {
        var actual = PublicApiPrinter.Print(Assemblies.Select(Assembly.Load));
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_API") == "1")
        {
            File.WriteAllText(PathOf("PublicApi.txt"), string.Join('\n', actual) + "\n");
        }

        var expected = File.ReadAllLines(PathOf("PublicApi.txt"));

        var difference = Difference(expected, actual);
        Assert.True(difference.Length == 0, difference);
    }

    [Fact]
    public void PublicApi_ComparedWithTheOfficialSdk_HasNothingOfItsOwn()
    {
        var official = Members(File.ReadAllLines(PathOf("OfficialSurface.txt"))).ToHashSet(StringComparer.Ordinal);

        var invented = Members(PublicApiPrinter.Print(Assemblies.Select(Assembly.Load))).Where(member => !official.Contains(member));

        Assert.True(!invented.Any(), string.Join('\n', invented));
    }

    [Fact]
    public void OfficialSurface_Itself_IsNotEmpty() =>
        Assert.InRange(Members(File.ReadAllLines(PathOf("OfficialSurface.txt"))).Count(), 500, 2000);

    /// <summary>Every line together with the namespace and type that it stands under.</summary>
    private static IEnumerable<string> Members(IEnumerable<string> lines)
    {
        var (currentNamespace, currentType) = ("", "");
        foreach (var line in lines.Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            if (line.StartsWith("namespace ", StringComparison.Ordinal))
            {
                currentNamespace = line["namespace ".Length..];
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                yield return $"{currentNamespace} | {currentType} | {line.Trim()}";
            }
            else
            {
                currentType = line;
                yield return $"{currentNamespace} | {currentType}";
            }
        }
    }

    private static string Difference(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var (before, after) = (Members(expected).ToList(), Members(actual).ToList());
        return string.Join('\n', before.Except(after).Select(line => "- " + line).Concat(after.Except(before).Select(line => "+ " + line)));
    }

    private static string PathOf(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DaprShop.sln")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "tests", "Sdk", "Api", file);
    }
}
