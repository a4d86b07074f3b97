using DaprShop.Tests.Launcher;
using Sidecar.Infra;

namespace DaprShop.Tests.Infra;

public sealed class InfraFlagsTests
{
    [Theory]
    [InlineData("up redis", "redis")]
    [InlineData("up rabbitmq", "redis rabbitmq")]
    [InlineData("up kafka --alone", "kafka")]
    [InlineData("up kafka rabbitmq", "redis rabbitmq kafka")]
    [InlineData("up rabbitmq redis --alone", "redis rabbitmq")]
    [InlineData("down", "redis rabbitmq kafka")]
    [InlineData("status --alone", "redis rabbitmq kafka")]
    [InlineData("down kafka --purge", "redis kafka")]
    public void Servers_OfACommandLine_BeginWithTheirRedis(string line, string servers)
    {
        var (flags, mistakes) = Read(line);

        Assert.Empty(mistakes);
        Assert.Equal(servers, string.Join(' ', flags!.Servers.Select(server => server.Name)));
    }

    [Theory]
    [InlineData("install faketime", "", "faketime")]
    [InlineData("install nftables faketime", "", "faketime nftables")]
    [InlineData("install promtool", "", "promtool")]
    [InlineData("install rabbitmq nftables", "redis rabbitmq", "nftables")]
    [InlineData("install redis", "redis", "")]
    public void Tools_AreInstalledAsServersAre(string line, string servers, string tools)
    {
        var (flags, mistakes) = Read(line);

        Assert.Empty(mistakes);
        Assert.Equal(servers, string.Join(' ', flags!.Servers.Select(server => server.Name)));
        Assert.Equal(tools, string.Join(' ', flags.Tools.Select(tool => tool.Name)));
    }

    [Theory]
    [InlineData("up redis", "redis 6379")]
    [InlineData("up redis --port 7000", "redis 7000")]
    [InlineData("up rabbitmq --port 7000", "redis 6379, rabbitmq 7000")]
    [InlineData("up kafka --port 7000 --redis-port 7001", "redis 7001, kafka 7000")]
    [InlineData("up redis kafka --port 7000", "redis 6379, kafka 7000")]
    [InlineData("up rabbitmq kafka --redis-port 7001", "redis 7001, rabbitmq 5672, kafka 9092")]
    public void Ports_OfACommandLine_GoToTheServerTheyAreMeantFor(string line, string ports)
    {
        var (flags, mistakes) = Read(line);

        Assert.Empty(mistakes);
        Assert.Equal(ports, string.Join(", ", flags!.Servers.Select(server => $"{server.Name} {flags.PortOf(server)}")));
    }

    [Theory]
    [InlineData("", "say what to do: up, down, status, install")]
    [InlineData("upp redis", "unknown action 'upp'; did you mean 'up'?")]
    [InlineData("up", "name a server: redis, rabbitmq, kafka")]
    [InlineData("up rabitmq", "unknown server 'rabitmq'; did you mean 'rabbitmq'?")]
    [InlineData("up faketime", "faketime is no server; it is only installed: infra install faketime")]
    [InlineData("install faketiem", "unknown server 'faketiem'; did you mean 'faketime'?")]
    [InlineData("install", "name a server: redis, rabbitmq, kafka, faketime, nftables, promtool")]
    [InlineData("up redis --prot", "unknown flag: --prot; did you mean 'port'?")]
    [InlineData("up redis --port 70000", "invalid value \"70000\" for --port")]
    [InlineData("up redis --port 0", "--port must be at least 1")]
    [InlineData("up rabbitmq kafka --port 7000", "--port is for one server")]
    [InlineData("up redis --redis-port 7000", "give redis its port with --port")]
    [InlineData("up kafka --alone --redis-port 7000", "--redis-port and --alone exclude each other")]
    [InlineData("up kafka --port 7000 --redis-port 7000", "--port and --redis-port are both 7000")]
    [InlineData("up kafka --alone --durable", "--durable is for Redis")]
    [InlineData("up redis --purge", "--purge belongs to infra down")]
    [InlineData("down redis --port 7000", "--port belongs to infra up")]
    [InlineData("status --attached", "--attached belongs to infra up")]
    public void Mistake_OfACommandLine_IsNamedWithItsRemedy(string line, string mistake)
    {
        var (flags, mistakes) = Read(line);

        Assert.Null(flags);
        Assert.Contains(mistake, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_OfACommandLine_AreNamedAllTogether()
    {
        var (_, mistakes) = Read("up redsi --port nine --durrable");

        Assert.Equal(3, mistakes.Count);
        Assert.Contains(mistakes, mistake => mistake.Contains("--port", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("'durable'", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.Contains("'redis'", StringComparison.Ordinal));
    }

    [Fact]
    public void DataDirectory_WithoutAFlag_LiesBesideDaprYamlOrIsAskedFor()
    {
        using var folder = new TemporaryFolder();
        var without = ReadIn(folder.Path, "up redis");
        File.WriteAllText(Path.Combine(folder.Path, "dapr.yaml"), "");

        var beside = ReadIn(folder.Path, "up redis");
        var named = ReadIn(folder.Path, "up redis --data-dir x");

        Assert.Contains("name one with --data-dir", Assert.Single(without.Mistakes), StringComparison.Ordinal);
        Assert.Equal(Path.Combine(folder.Path, ".dapr", "data"), beside.Flags!.DataDirectory);
        Assert.Equal(Path.Combine(folder.Path, "x"), named.Flags!.DataDirectory);
    }

    private static (InfraFlags? Flags, List<string> Mistakes) Read(string line) => ReadIn(Path.GetTempPath(), $"{line} --data-dir data");

    private static (InfraFlags? Flags, List<string> Mistakes) ReadIn(string folder, string line)
    {
        var mistakes = new List<string>();
        var flags = InfraFlags.Read(InfraFlags.Table.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), folder, mistakes);
        return (flags, mistakes);
    }
}
