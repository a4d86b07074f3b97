using System.Globalization;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>Component files that name servers which cannot be used: all of them are reported at once, and no app was started.</summary>
[Trait("Set", "any")]
public sealed class ComponentMistakesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mistakes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Files_WithMistakes_AreReportedTogetherByFileAndLine()
    {
        WriteApp();
        Write("resources/a-state.yaml", Component("statestore", "state.redis", ("redisHost", "localhost:6379"), ("redisDB", "many"), ("ttlInSeconds", "-x")));
        Write("resources/b-state.yaml", Component("statestore", "state.sqlite", ("connectionString", "state.db")));
        Write("resources/c-pubsub.yaml", Component("pubsub", "pubsub.kafka", ("authType", "none"), ("initialOffset", "middle")));
        Write("resources/d-rabbit.yaml", Component("rabbit", "pubsub.rabbitmq", ("hostname", "localhost:5672"), ("prefetchCount", "all")));
        Write("resources/e-lock.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: lockstore
            spec:
              type: lock.redis
              version: v1
              metadata:
                - name: redisHost
                  value: "localhost:6379"
                - name: redisPassword
                  secretKeyRef:
                    name: nowhere
                    key: password
            auth:
              secretStore: nothing
            """);

        var (exitCode, output) = await LauncherRun.ToEndAsync(_folder, "run");

        Assert.Equal(1, exitCode);
        Assert.Equal(
            [
                $"resources/b-state.yaml:4: metadata.name: 'statestore' is already the name of the component in {_folder}/resources/a-state.yaml:4",
                "resources/e-lock.yaml:4: auth.secretStore: there is no secret store 'nothing' for app shop",
                "resources/e-lock.yaml:6: component lockstore (lock.redis/v1): its secret store nothing is not available",
                "resources/a-state.yaml:12: spec.metadata.redisDB: 'many' is not a whole number of 0 or more",
                "resources/a-state.yaml:14: spec.metadata.ttlInSeconds: '-x' is not a whole number of -1 or more",
                "resources/c-pubsub.yaml:6: spec.metadata.brokers: is required",
                "resources/c-pubsub.yaml:12: spec.metadata.initialOffset: 'middle' is not one of newest, oldest",
                "resources/d-rabbit.yaml:12: spec.metadata.prefetchCount: 'all' is not a whole number from 0 to 255",
            ],
            Reported(output));
        Assert.False(HasStarted, "an app was started");
    }

    [Fact]
    public async Task Servers_ThatCannotBeUsed_AreReportedTogetherWithTheirReasons()
    {
        await using var redis = await RedisServer.StartAsync();
        var free = FreePorts.Take(2);
        WriteApp();
        Write("resources/state.yaml", Component("statestore", "state.redis", ("redisHost", At(redis.Port)), ("redisPassword", "wrong"), ("redisMaxRetries", "0")));
        Write("resources/rabbit.yaml", Component("rabbit", "pubsub.rabbitmq", ("hostname", At(free[0])), ("username", "guest"), ("password", "guest")));
        Write("resources/kafka.yaml", Component("kafka", "pubsub.kafka", ("brokers", At(free[1])), ("authType", "none")));

        var (exitCode, output) = await LauncherRun.ToEndAsync(_folder, "run");

        Assert.Equal(1, exitCode);
        Assert.Collection(
            Reported(output),
            line => Assert.StartsWith($"resources/kafka.yaml:6: component kafka (pubsub.kafka/v1): kafka: no broker of {At(free[1])} can be used: ", line, StringComparison.Ordinal),
            line => Assert.Equal(
                $"resources/rabbit.yaml:6: component rabbit (pubsub.rabbitmq/v1): rabbitmq: cannot connect to {At(free[0])}: Connection refused: check hostname, and that the broker runs",
                line),
            line => Assert.StartsWith(
                $"resources/state.yaml:6: component statestore (state.redis/v1): redis at {At(redis.Port)}: spec.metadata.redisUsername or redisPassword is wrong: ",
                line,
                StringComparison.Ordinal));
        Assert.False(HasStarted, "an app was started");
    }

    [Fact]
    public async Task Server_ThatCannotBeUsedButMayBeMissing_IsAWarningAndTheAppStarts()
    {
        WriteApp();
        Write(
            "resources/state.yaml",
            Component("statestore", "state.redis", ("redisHost", At(FreePorts.Take(1)[0])), ("redisPassword", ""), ("redisMaxRetries", "0"))
                .Replace("spec:\n", "spec:\n  ignoreErrors: true\n", StringComparison.Ordinal));
        await using var run = LauncherRun.Start(_folder, "run", "--json");

        await Eventually.True(() => HasStarted || run.HasExited);

        Assert.Equal(0, await run.InterruptAsync());
        Assert.True(HasStarted, run.Output);
        Assert.Contains("Component statestore (state.redis) is left out, as its ignoreErrors asks: ", SidecarLog(), StringComparison.Ordinal);
    }

    private bool HasStarted => File.Exists(Path.Combine(_folder, "app", "started.txt"));

    private static string At(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    private static string Component(string name, string type, params (string Name, string Value)[] metadata) =>
        $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: {type}\n  version: v1\n  initTimeout: 20s\n  metadata:\n"
        + string.Concat(metadata.Select(item => $"    - name: {item.Name}\n      value: \"{item.Value}\"\n"));

    private static IEnumerable<string> Reported(string output) =>
        output.Split('\n').Where(line => line.StartsWith("  resources/", StringComparison.Ordinal)).Select(line => line.Trim());

    private string SidecarLog() => File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(_folder, "app", ".dapr", "logs"), "*_daprd_*")));


    private void WriteApp()
    {
        Write("app/app.sh", "touch started.txt; exec sleep 600\n");
        Write("dapr.yaml", """
            version: 1
            common:
              resourcesPaths: [./resources]
            apps:
              - appID: shop
                appDirPath: ./app
                command: [sh, app.sh]
            """);
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
