namespace DaprShop.Tests;

/// <summary>
/// dapr.yaml is the one description of the local topology. The official CLI ignores --resources-path with -f, so each set on
/// real servers has a file of its own, which says the same with other resources. UPDATE_TOPOLOGIES=1 writes them anew.
/// </summary>
public sealed class TopologyTests
{
    [Theory]
    [InlineData("rabbitmq")]
    [InlineData("kafka")]
    public void TopologyOfASet_DiffersFromDaprYaml_InTheResourcesPathOnly(string set)
    {
        var file = $"dapr.{set}.yaml";
        var expected = Repository.Read("dapr.yaml")
            .Replace("[./components/embedded]", $"[./components/{set}]", StringComparison.Ordinal)
            .Replace("[./components/redis]", $"[./components/{set}]", StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("UPDATE_TOPOLOGIES") == "1")
        {
            File.WriteAllText(Repository.PathTo(file), expected);
        }

        Assert.Equal(expected, Repository.Read(file));
        Assert.Equal(2, expected.Split($"[./components/{set}]").Length - 1);
    }

    /// <summary>The shop that other languages join is dapr.yaml with one more app, which the gateway is told of and the build includes.</summary>
    [Fact]
    public void TopologyOfThePolyglotShop_DiffersFromDaprYaml_InTheLoyaltyServiceOnly()
    {
        const string gateway = "    command: [dotnet, ../../artifacts/bin/gateway/debug/DaprShop.Gateway.dll]\n";
        const string last = "  # The payment provider's sandbox";
        var whole = Repository.Read("dapr.yaml");

        var expected = whole[(whole.IndexOf('\n') + 1)..]
            .Replace("./DaprShop.Services.slnf", "./services/loyalty/build.proj", StringComparison.Ordinal)
            .Replace(gateway, "    env:\n      Loyalty__Enabled: \"true\"\n" + gateway, StringComparison.Ordinal)
            .Replace(
                last,
                """
                  - appID: loyalty
                    appDirPath: ./services/loyalty
                    appPort: 8086
                    daprHTTPPort: 3506
                    daprGRPCPort: 50107
                    metricsPort: 9197
                    command: [node, dist/src/main.js]

                """ + last,
                StringComparison.Ordinal);

        var polyglot = Repository.Read("dapr.polyglot.yaml");
        Assert.Equal(expected, polyglot[(polyglot.IndexOf('\n') + 1)..]);
    }
}
