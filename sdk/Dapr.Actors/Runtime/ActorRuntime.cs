using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Communication;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>The actors that the application hosts; the sidecar's calls come in here.</summary>
public sealed class ActorRuntime
{
    private readonly Dictionary<string, HostedActors> _types;
    private readonly ActorRuntimeOptions _options;

    internal ActorRuntime(
        ActorRuntimeOptions options, ILoggerFactory loggers, ActorActivatorFactory activators, IActorProxyFactory proxies, TimeProvider clock)
    {
        _options = options;
        var sidecar = new ActorSidecar(options.HttpEndpoint, options.DaprApiToken);
        _types = options.Actors.ToDictionary(
            registration => registration.Type.ActorTypeName,
            registration => new HostedActors(
                registration.Type,
                registration.Activator ?? activators.CreateActivator(registration.Type),
                options,
                loggers,
                proxies,
                sidecar,
                clock),
            StringComparer.Ordinal);
    }

    /// <summary>The hosted types.</summary>
    public IReadOnlyList<ActorRegistration> RegisteredActors => _options.Actors;

    /// <summary>Throws <see cref="InvalidOperationException"/> when the type is not hosted here.</summary>
    internal HostedActors Actors(string type) =>
        _types.GetValueOrDefault(type) ?? throw new InvalidOperationException($"The actor type {type} is not registered with this application.");

    /// <summary>The answer to <c>GET /dapr/config</c>.</summary>
    internal byte[] Configuration()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteEntities(writer, RegisteredActors);
            WriteOptions(writer, _options);
            var own = RegisteredActors.Where(registration => registration.TypeOptions is not null).ToList();
            if (own.Count > 0)
            {
                writer.WriteStartArray("entitiesConfig");
                foreach (var registration in own)
                {
                    writer.WriteStartObject();
                    WriteEntities(writer, [registration]);
                    WriteOptions(writer, registration.TypeOptions);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteEntities(Utf8JsonWriter writer, IEnumerable<ActorRegistration> registrations)
    {
        writer.WriteStartArray("entities");
        foreach (var registration in registrations)
        {
            writer.WriteStringValue(registration.Type.ActorTypeName);
        }

        writer.WriteEndArray();
    }

    private static void WriteOptions(Utf8JsonWriter writer, ActorRuntimeOptions options)
    {
        WriteTime(writer, "actorIdleTimeout", options.ActorIdleTimeout);
        WriteTime(writer, "actorScanInterval", options.ActorScanInterval);
        WriteTime(writer, "drainOngoingCallTimeout", options.DrainOngoingCallTimeout);
        if (options.DrainRebalancedActors)
        {
            writer.WriteBoolean("drainRebalancedActors", true);
        }

        if (options.RemindersStoragePartitions is { } partitions)
        {
            writer.WriteNumber("remindersStoragePartitions", partitions);
        }

        writer.WriteStartObject("reentrancy");
        writer.WriteBoolean("enabled", options.ReentrancyConfig.Enabled);
        if (options.ReentrancyConfig.MaxStackDepth is { } depth)
        {
            writer.WriteNumber("maxStackDepth", depth);
        }

        writer.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, TimeSpan? time)
    {
        if (time is { } value)
        {
            writer.WriteString(name, ScheduleTimes.Format(value));
        }
    }
}
