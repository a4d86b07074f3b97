using System.Globalization;
using Sidecar.Infra.Probes;

namespace Sidecar.Infra;

/// <summary>Redis with an append-only file, so that what was answered survives a kill, and without snapshots beside it.</summary>
internal sealed class RedisServer : InfraServer
{
    public override string Name => "redis";

    public override int DefaultPort => 6379;

    public override bool ComesWithRedis => false;

    public override string? SystemService => "redis-server";

    public override IReadOnlyList<Requirement> Requirements =>
        [new Requirement("redis-server", () => ProgramSearch.Find("redis-server") is not null)];

    public override IReadOnlyList<ServerPart> Parts(ServerPlace place) =>
    [
        new ServerPart(MainRole, place.Port, [ProgramSearch.Find("redis-server") ?? "redis-server", place.PathOf("redis.conf")])
        {
            Answers = cancellationToken => Probe.AsksAsync(place.Port, RedisProbe.AnswersAsync, cancellationToken),
        },
    ];

    public override IReadOnlyDictionary<string, string> Files(ServerPlace place) => new Dictionary<string, string>
    {
        ["redis.conf"] = string.Create(CultureInfo.InvariantCulture, $"""
            bind {ServerPlace.Host}
            port {place.Port}
            dir "{place.PathOf("data")}"
            daemonize no
            logfile ""
            save ""
            appendonly yes
            appendfsync {(place.Durable ? "always" : "everysec")}

            """),
    };
}
