using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace DaprShop.Tests;

/// <summary>What no program of this machine checks: the collector's, Loki's, Alertmanager's and Grafana's files, and that the parts fit together.</summary>
public sealed partial class ConfigurationTests
{
    [Fact]
    public void EachFile_IsYaml() => Assert.All(
        Repository.Files("observability", ".yaml"),
        file => Assert.NotEmpty(new Deserializer().Deserialize<Dictionary<string, object>>(Repository.Read(file))));

    [Fact]
    public void Collector_UsesWhatItDefinesAndDefinesWhatItUses()
    {
        var collector = new Deserializer().Deserialize<Dictionary<string, object>>(Repository.Read("observability/collector/config.yaml"));
        var service = (Dictionary<object, object>)collector["service"];
        var pipelines = ((Dictionary<object, object>)service["pipelines"]).Values.Cast<Dictionary<object, object>>().ToList();

        foreach (var part in new[] { "receivers", "processors", "exporters" })
        {
            var used = pipelines.SelectMany(pipeline => (List<object>)pipeline[part]).Cast<string>().Distinct().Order(StringComparer.Ordinal);
            Assert.Equal(((Dictionary<object, object>)collector[part]).Keys.Cast<string>().Order(StringComparer.Ordinal), used);
        }

        Assert.All(pipelines, pipeline => Assert.Equal("memory_limiter", ((List<object>)pipeline["processors"])[0]));
    }

    [Fact]
    public void Prometheus_ScrapesTheSidecarsOfTheShop()
    {
        var ports = MetricsPorts().Matches(Repository.Read("dapr.yaml")).Select(port => port.Groups[1].Value).ToList();
        var scraped = Targets().Matches(Repository.Read("observability/prometheus/prometheus.yaml")).Select(port => port.Groups[1].Value).ToHashSet();

        // The provider's sidecar is unused, and the collector and Alertmanager are scraped or told too.
        Assert.Empty(ports.Except(["9201"]).Except(scraped));
        Assert.Empty(scraped.Except(ports).Except(["8889", "9093"]));
    }

    [GeneratedRegex("metricsPort: (\\d+)")]
    private static partial Regex MetricsPorts();

    [GeneratedRegex("localhost:(\\d+)")]
    private static partial Regex Targets();
}
