using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary><c>infra</c> as somebody types it, with the real servers on ports of their own.</summary>
[Trait("Set", "any")]
public sealed class InfraTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("infra-").FullName;
    private readonly IReadOnlyList<int> _ports = FreePorts.Take(2);

    private string DataDirectory => Path.Combine(_folder, "data");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await InfraAsync("down", "--purge");
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("redis", "server")]
    [InlineData("rabbitmq", "epmd server")]
    [InlineData("kafka", "server zookeeper")]
    public async Task Server_FromUpToDown_KeepsToLoopbackAndLeavesNothing(string server, string processes)
    {
        var before = await ReportAsync("status", server, "--alone");
        var up = await ReportAsync("up", server, "--alone", "--port", $"{_ports[0]}");
        var again = await ReportAsync("up", server, "--alone");
        var status = await ReportAsync("status", server, "--alone");
        var traces = ProcessTraces.Of(DataDirectory);
        var listening = traces.SelectMany(ProcessTraces.ListeningAddresses).ToList();
        var down = await ReportAsync("down", server, "--alone");
        var left = ProcessTraces.Of(DataDirectory);
        var after = await ReportAsync("status", server, "--alone");

        Assert.Equal(("stopped", server), (State(before), Text(before, "server")));
        Assert.Equal(("running", "127.0.0.1", _ports[0]), (State(up), Text(up, "host"), up.GetProperty("port").GetInt32()));
        Assert.True(up.GetProperty("changed").GetBoolean());
        Assert.Equal(Path.Combine(DataDirectory, "infra", server), Text(up, "dataDir"));
        Assert.Equal(processes, string.Join(' ', Processes(up).Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(up.GetProperty("pid").GetInt32(), Processes(up)["server"]);
        Assert.False(again.GetProperty("changed").GetBoolean());
        Assert.Equal(Processes(up), Processes(again));
        Assert.Equal(("running", _ports[0]), (State(status), status.GetProperty("port").GetInt32()));

        Assert.Superset(Processes(up).Values.ToHashSet(), traces.ToHashSet());
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, _ports[0]), listening);
        Assert.All(listening, address => Assert.True(IPAddress.IsLoopback(address.Address), $"{address} is open to the network"));

        Assert.Equal("stopped", State(down));
        Assert.Empty(left);
        Assert.Equal("stopped", State(after));
        Assert.True(Directory.EnumerateFileSystemEntries(Path.Combine(Text(up, "dataDir"), "data")).Any(), "the data went with the server");
    }

    [Fact]
    public async Task Redis_KilledAndStartedAgain_HasWhatItAnswered()
    {
        await using var redis = await RedisServer.StartAsync(durable: true);
        var first = redis.Pid;
        Assert.Equal("+OK", await RedisAsync(redis.Port, "SET kept yes"));

        await redis.KillAsync();
        await redis.StartAgainAsync();

        Assert.NotEqual(first, redis.Pid);
        Assert.Equal("$3 yes", await RedisAsync(redis.Port, "GET kept"));
        Assert.Equal("*2 $11 appendfsync $6 always", await RedisAsync(redis.Port, "CONFIG GET appendfsync"));
    }

    [Fact]
    public async Task RabbitMq_KilledAndStartedAgain_HasItsVirtualHostsAndGuestMayUseThem()
    {
        await using var rabbit = await RabbitMqServer.StartAsync();
        await rabbit.AddVirtualHostAsync("kept");

        await rabbit.KillAsync();
        await rabbit.StartAgainAsync();

        var permissions = await rabbit.ControlAsync("list_permissions", "-q", "-p", "kept", "--no-table-headers");
        Assert.Equal("guest\t.*\t.*\t.*", permissions.Trim());
    }

    [Fact]
    public async Task Kafka_KilledWithItsZooKeeperAndStartedAgain_HasItsRecords()
    {
        await using var kafka = await KafkaServer.StartAsync();
        await KafkaTool.ProduceAsync(kafka, "kept", ["one", "two", "three"]);

        await kafka.KillAllAsync();
        await kafka.StartAgainAsync();
        var afterBoth = await KafkaTool.ConsumeAsync(kafka, "kept", count: 3);
        await kafka.KillAsync();
        await kafka.StartAgainAsync();
        var afterBroker = await KafkaTool.ConsumeAsync(kafka, "kept", count: 3);

        Assert.Equal(["one", "three", "two"], afterBoth.Order(StringComparer.Ordinal));
        Assert.Equal(["one", "three", "two"], afterBroker.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Broker_WithItsRedis_StartsAndStopsBoth()
    {
        var up = await InfraAsync("up", "rabbitmq", "--port", $"{_ports[0]}", "--redis-port", $"{_ports[1]}");
        var down = await InfraAsync("down", "rabbitmq", "--purge");

        Assert.Equal(
            [("redis", "running", _ports[1]), ("rabbitmq", "running", _ports[0])],
            up.Reports.Select(report => (Text(report, "server"), State(report), report.GetProperty("port").GetInt32())));
        Assert.Equal([("rabbitmq", "stopped"), ("redis", "stopped")], down.Reports.Select(report => (Text(report, "server"), State(report))));
        Assert.Empty(ProcessTraces.Of(DataDirectory));
        Assert.False(Directory.Exists(DataDirectory), "a purge left something");
    }

    [Fact]
    public async Task Server_ThatIsPaused_IsSaidNotToAnswerAndUpReplacesIt()
    {
        var up = await ReportAsync("up", "redis", "--port", $"{_ports[0]}");
        await ServerProcess.PauseAsync(up.GetProperty("pid").GetInt32());

        var status = await ReportAsync("status", "redis");
        var again = await ReportAsync("up", "redis");

        Assert.Equal("notAnswering", State(status));
        Assert.Equal(["it does not answer"], Reasons(status));
        Assert.Equal(("running", true), (State(again), again.GetProperty("changed").GetBoolean()));
        Assert.NotEqual(up.GetProperty("pid").GetInt32(), again.GetProperty("pid").GetInt32());
        Assert.Equal("+PONG", await RedisAsync(_ports[0], "PING"));
    }

    [Fact]
    public async Task Port_InUse_IsRefusedWithItsHolderBeforeAnythingStarts()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;

        var (exitCode, reports, output) = await InfraAsync("up", "rabbitmq", "--port", $"{port}", "--redis-port", $"{_ports[0]}");

        Assert.Equal(2, exitCode);
        var report = Assert.Single(reports);
        Assert.Equal(("rabbitmq", "failed"), (Text(report, "server"), State(report)));
        Assert.StartsWith($"port {port}, which rabbitmq needs, is in use by pid {Environment.ProcessId} (", Assert.Single(Reasons(report)), StringComparison.Ordinal);
        Assert.Contains("error: ", output, StringComparison.Ordinal);
        Assert.Empty(ProcessTraces.Of(DataDirectory));
    }

    [Fact]
    public async Task Port_OfAServerThatRunsElsewhere_IsRefused()
    {
        await ReportAsync("up", "redis", "--port", $"{_ports[0]}");

        var (exitCode, reports, _) = await InfraAsync("up", "redis", "--port", $"{_ports[1]}");

        Assert.Equal(2, exitCode);
        Assert.Equal([$"redis already runs on port {_ports[0]}; take it down first to move it to {_ports[1]}"], Reasons(Assert.Single(reports)));
    }

    [Fact]
    public async Task Mistakes_OnTheCommandLine_AreNamedTogetherAndNothingStarts()
    {
        var (exitCode, reports, output) = await InfraAsync("up", "redsi", "kafak", "--port", "70000");

        Assert.Equal(1, exitCode);
        Assert.Empty(reports);
        string[] expected = ["unknown server 'redsi'; did you mean 'redis'?", "unknown server 'kafak'; did you mean 'kafka'?", "invalid value \"70000\" for --port", "usage: sidecar infra"];
        Assert.All(expected, line => Assert.Contains(line, output, StringComparison.Ordinal));
        Assert.False(Directory.Exists(DataDirectory), "a data directory was made");
    }

    [Fact]
    public async Task AttachedServer_WhoseOwnerEnds_GoesWithItsData()
    {
        // The shell holds the other end of the launcher's standard input and ends without closing it, as a killed test process does.
        var script = $"sleep 600 | dotnet '{Checkout.Launcher}' infra up redis --attached --purge --port {_ports[0]} --data-dir '{DataDirectory}' --json";
        using var owner = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("setsid", ["sh", "-c", script]))!;
        await Eventually.Get(() => RedisOrNothingAsync(_ports[0], "PING"), answer => answer == "+PONG", Patience);
        var sleeper = ProcessTraces.Named("sleep", owner.Id).Single();

        await ServerProcess.SignalAsync(sleeper, "KILL");

        await Eventually.True(() => ProcessTraces.Of(DataDirectory).Count == 0 && !Directory.Exists(DataDirectory), Patience);
        await owner.WaitForExitAsync();
    }

    private async Task<JsonElement> ReportAsync(params string[] command)
    {
        var (exitCode, reports, output) = await InfraAsync(command);
        Assert.True(exitCode == 0, output);
        return Assert.Single(reports);
    }

    private async Task<(int ExitCode, IReadOnlyList<JsonElement> Reports, string Output)> InfraAsync(params string[] command)
    {
        await using var run = LauncherRun.Start(_folder, ["infra", .. command, "--data-dir", DataDirectory, "--json"]);
        var exitCode = await run.ExitAsync(Patience);
        var reports = run.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        });
        return (exitCode, [.. reports], run.Output);
    }

    private static string State(JsonElement report) => Text(report, "state");

    private static string Text(JsonElement report, string member) => report.GetProperty(member).GetString()!;

    private static string[] Reasons(JsonElement report) => [.. report.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!)];

    private static Dictionary<string, int> Processes(JsonElement report) =>
        report.GetProperty("processes").EnumerateObject().ToDictionary(process => process.Name, process => process.Value.GetInt32());

    private static async Task<string> RedisOrNothingAsync(int port, string command)
    {
        try
        {
            return await RedisAsync(port, command);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return "";
        }
    }

    /// <summary>The lines of the first answer, which all commands here get in one packet.</summary>
    private static async Task<string> RedisAsync(int port, string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"));
        var buffer = new byte[256];
        var count = await client.GetStream().ReadAsync(buffer);
        return Encoding.ASCII.GetString(buffer, 0, count).Trim().Replace("\r\n", " ", StringComparison.Ordinal);
    }
}
