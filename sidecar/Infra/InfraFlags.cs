using Sidecar.Cli;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>What the command line of <c>infra</c> says.</summary>
/// <param name="Servers">Those that are meant, Redis first where it comes along.</param>
/// <param name="DataDirectory">Absolute.</param>
internal sealed record InfraFlags(string Action, IReadOnlyList<InfraServer> Servers, string DataDirectory)
{
    public static readonly IReadOnlyList<string> Actions = ["up", "down", "status", "install"];

    private static readonly string[] OnlyWithUp = ["port", "redis-port", "durable", "attached"];

    public static readonly FlagSet Table = new(
        new Flag("port", FlagKind.Port, "where the server listens (default 6379, 5672, 9092)"),
        new Flag("redis-port", FlagKind.Port, "where the Redis beside rabbitmq or kafka listens (default 6379)"),
        new Flag("alone", FlagKind.Switch, "rabbitmq or kafka without their Redis"),
        new Flag("durable", FlagKind.Switch, "Redis writes to the disk before it answers, not every second"),
        new Flag("attached", FlagKind.Switch, "stay until Ctrl+C or the end of standard input, then take the servers down"),
        new Flag("purge", FlagKind.Switch, "with down and up --attached: remove the data too"),
        new Flag("data-dir", FlagKind.Text, "the data is in infra/<server> below it (default .dapr/data beside dapr.yaml)"),
        new Flag("json", FlagKind.Switch, "one JSON object per server on standard output, progress on standard error"),
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    /// <summary>With install alone.</summary>
    public IReadOnlyList<InfraTool> Tools { get; init; } = [];

    public int? Port { get; init; }

    public int? RedisPort { get; init; }

    public bool Durable { get; init; }

    public bool Attached { get; init; }

    public bool Purge { get; init; }

    public bool Json { get; init; }

    /// <summary>Null when the command line leaves it open.</summary>
    public int? AskedPortOf(InfraServer server) => Servers.Count > 1 && server is RedisServer ? RedisPort : Port;

    public int PortOf(InfraServer server) => AskedPortOf(server) ?? server.DefaultPort;

    /// <summary>Null when there were mistakes; all of them are added.</summary>
    public static InfraFlags? Read(ParsedFlags flags, string currentDirectory, ICollection<string> mistakes)
    {
        var before = mistakes.Count;
        foreach (var error in flags.Errors)
        {
            mistakes.Add(error);
        }

        var action = flags.Arguments.Count > 0 ? flags.Arguments[0] : "";
        string[] servers = [.. InfraServer.All.Select(server => server.Name)];
        string[] known = action == "install" ? [.. servers, .. InfraTool.All.Select(tool => tool.Name)] : servers;
        if (!Actions.Contains(action))
        {
            mistakes.Add(action.Length == 0
                ? $"say what to do: {string.Join(", ", Actions)}"
                : $"unknown action '{action}'{Suggestion.For(action, Actions)} (there are {string.Join(", ", Actions)})");
        }

        string[] names = [.. flags.Arguments.Skip(1).Distinct(StringComparer.Ordinal)];
        foreach (var unknown in names.Except(known))
        {
            mistakes.Add(InfraTool.All.Any(tool => tool.Name == unknown)
                ? $"{unknown} is no server; it is only installed: infra install {unknown}"
                : $"unknown server '{unknown}'{Suggestion.For(unknown, known)} (there are {string.Join(", ", known)})");
        }

        if (names.Length == 0 && action is "up" or "install")
        {
            mistakes.Add($"name a server: {string.Join(", ", known)}");
        }

        var tools = InfraTool.All.Where(tool => names.Contains(tool.Name)).ToList();
        var named = InfraServer.All.Where(server => names.Length == 0 || names.Contains(server.Name)).ToList();
        CheckCombinations(flags, action, names, named, mistakes);
        if (flags.Text("data-dir") is null && !File.Exists(Path.Combine(currentDirectory, RunFile.DefaultName)))
        {
            mistakes.Add($"there is no {RunFile.DefaultName} in {currentDirectory}, beside which the data would lie; go to its folder or name one with --data-dir");
        }

        if (mistakes.Count > before)
        {
            return null;
        }

        var redis = InfraServer.All.OfType<RedisServer>().Single();
        var comesAlong = flags.Switch("alone") != true && named.Any(server => server.ComesWithRedis) && !named.Contains(redis);
        return new InfraFlags(
            action,
            comesAlong ? [redis, .. named] : named,
            Path.GetFullPath(flags.Text("data-dir") ?? Path.Combine(".dapr", "data"), currentDirectory))
        {
            Tools = tools,
            Port = flags.Number("port"),
            RedisPort = flags.Number("redis-port"),
            Durable = flags.Switch("durable") ?? false,
            Attached = flags.Switch("attached") ?? false,
            Purge = flags.Switch("purge") ?? false,
            Json = flags.Switch("json") ?? false,
        };
    }

    private static void CheckCombinations(
        ParsedFlags flags, string action, string[] names, List<InfraServer> named, ICollection<string> mistakes)
    {
        void Refuse(bool wrong, string message)
        {
            if (wrong)
            {
                mistakes.Add(message);
            }
        }

        var up = action == "up";
        var brokers = named.Count(server => server.ComesWithRedis);
        foreach (var onlyUp in OnlyWithUp.Where(name => flags.Text(name) is not null && !up && Actions.Contains(action)))
        {
            mistakes.Add($"--{onlyUp} belongs to infra up; leave it out");
        }

        Refuse(up && flags.Number("port") is not null && names.Length > 1 && (brokers > 1 || !names.Contains("redis")), "--port is for one server; start each with a command of its own");
        Refuse(up && flags.Number("redis-port") is not null && brokers == 0 && named.Count > 0, "--redis-port is for the Redis beside rabbitmq or kafka; give redis its port with --port");
        Refuse(flags.Number("redis-port") is not null && flags.Switch("alone") == true, "--redis-port and --alone exclude each other");
        Refuse(flags.Number("port") is > 0 and var both && flags.Number("redis-port") == both, $"--port and --redis-port are both {flags.Number("port")}");
        Refuse(flags.Number("port") == 0, "--port must be at least 1");
        Refuse(flags.Number("redis-port") == 0, "--redis-port must be at least 1");
        Refuse(up && flags.Switch("durable") == true && brokers > 0 && flags.Switch("alone") == true, "--durable is for Redis, which --alone leaves out");
        Refuse(flags.Switch("purge") == true && action != "down" && flags.Switch("attached") != true, "--purge belongs to infra down, or to infra up --attached");
    }
}
