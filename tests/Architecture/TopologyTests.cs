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
}
