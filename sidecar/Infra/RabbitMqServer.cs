using System.Globalization;
using Sidecar.Infra.Probes;

namespace Sidecar.Infra;

/// <summary>
/// A RabbitMQ node that shares nothing with one the system may run: its own cookie, configuration and name service, and every
/// port of it on loopback. Left alone, the name service and the port between nodes listen on every address, and the name
/// service outlives its node.
/// </summary>
internal sealed class RabbitMqServer : InfraServer
{
    // The wrapper in /usr/sbin changes the user; this is what it calls in the end.
    private const string Scripts = "/usr/lib/rabbitmq/bin";
    private const string NameService = "names";
    private const string Distribution = "distribution";

    public override string Name => "rabbitmq";

    public override int DefaultPort => 5672;

    public override bool ComesWithRedis => true;

    public override string? SystemService => "rabbitmq-server";

    public override IReadOnlyList<Requirement> Requirements =>
        [new Requirement("rabbitmq-server", () => File.Exists($"{Scripts}/rabbitmq-server") && ProgramSearch.Find("epmd") is not null)];

    public override IReadOnlyList<string> InnerPorts => [NameService, Distribution];

    public override IReadOnlyList<string> Folders => ["data", "home"];

    public override IReadOnlyList<ServerPart> Parts(ServerPlace place)
    {
        var names = place.InnerPorts[NameService];
        return
        [
            new ServerPart("epmd", names, [ProgramSearch.Find("epmd") ?? "epmd", "-address", ServerPlace.Host, "-port", Text(names)])
            {
                Answers = cancellationToken => Probe.AsksAsync(names, (_, _) => Task.FromResult(true), cancellationToken),
            },
            new ServerPart(MainRole, place.Port, [$"{Scripts}/rabbitmq-server"])
            {
                Environment = EnvironmentOf(place),
                PidFile = place.PathOf("server.pid"),
                Answers = cancellationToken => Probe.AsksAsync(place.Port, AmqpProbe.AnswersAsync, cancellationToken),
            },
        ];
    }

    public override IReadOnlyDictionary<string, string> Files(ServerPlace place) => new Dictionary<string, string>
    {
        ["rabbitmq.conf"] = string.Create(CultureInfo.InvariantCulture, $"""
            listeners.tcp.1 = {ServerPlace.Host}:{place.Port}

            """),
        ["enabled_plugins"] = "[].\n",

        // The node is unreachable for a rabbitmqctl that does not know all of this.
        ["rabbitmqctl"] = string.Concat(
            "#!/bin/sh\n",
            string.Concat(EnvironmentOf(place).Select(variable => $"export {variable.Key}={Quoted(variable.Value)}\n")),
            $"exec {Scripts}/rabbitmqctl \"$@\"\n"),
    };

    private static Dictionary<string, string> EnvironmentOf(ServerPlace place) => new()
    {
        ["HOME"] = place.PathOf("home"),
        ["RABBITMQ_NODENAME"] = "sidecar@localhost",
        ["RABBITMQ_DIST_PORT"] = Text(place.InnerPorts[Distribution]),
        ["RABBITMQ_MNESIA_BASE"] = place.PathOf("data"),
        ["RABBITMQ_LOG_BASE"] = place.Folder,
        ["RABBITMQ_LOGS"] = "-",
        ["RABBITMQ_PID_FILE"] = place.PathOf("server.pid"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = place.PathOf("enabled_plugins"),
        ["RABBITMQ_CONFIG_FILE"] = place.PathOf("rabbitmq.conf"),
        ["RABBITMQ_CONFIG_FILES"] = place.PathOf("none"),
        ["RABBITMQ_ADVANCED_CONFIG_FILE"] = place.PathOf("none"),
        ["RABBITMQ_CONF_ENV_FILE"] = place.PathOf("none"),
        ["ERL_CRASH_DUMP"] = place.PathOf("erl_crash.dump"),
        ["ERL_EPMD_ADDRESS"] = ServerPlace.Host,
        ["ERL_EPMD_PORT"] = Text(place.InnerPorts[NameService]),
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
        ["RABBITMQ_CTL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
    };

    private static string Quoted(string value) => $"'{value.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
