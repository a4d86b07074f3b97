namespace Sidecar.Infra;

/// <summary>What is particular to one kind of server; how servers are installed, started, watched and stopped is alike for all.</summary>
internal abstract class InfraServer
{
    public static readonly IReadOnlyList<InfraServer> All = [new RedisServer(), new RabbitMqServer(), new KafkaServer()];

    /// <summary>The role of the process that clients speak to.</summary>
    public const string MainRole = "server";

    public abstract string Name { get; }

    public abstract int DefaultPort { get; }

    /// <summary>A set whose broker this is takes its state, locks and configuration from Redis.</summary>
    public abstract bool ComesWithRedis { get; }

    public abstract IReadOnlyList<Requirement> Requirements { get; }

    public virtual IReadOnlyList<string> InnerPorts => [];

    /// <summary>The service that the system's package would start by itself, on every address.</summary>
    public virtual string? SystemService => null;

    /// <summary>Folders that must be there.</summary>
    public virtual IReadOnlyList<string> Folders => ["data"];

    /// <summary>In the order they start; the last one is the server, the others serve it.</summary>
    public abstract IReadOnlyList<ServerPart> Parts(ServerPlace place);

    /// <summary>Files that the server reads, by name. They are written anew at every start.</summary>
    public abstract IReadOnlyDictionary<string, string> Files(ServerPlace place);
}
