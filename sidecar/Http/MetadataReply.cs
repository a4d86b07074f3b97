using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Actors;
using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Components.PubSub;
using Sidecar.Components.State;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Workflows;

namespace Sidecar.Http;

/// <summary>Where the parts of the metadata answer come from.</summary>
internal sealed record MetadataSource(
    SidecarOptions Options,
    SidecarResources Resources,
    ComponentRegistry Components,
    ActiveSubscriptions Subscriptions,
    ExtendedMetadata Extended,
    WorkflowEngine Workflows,
    ActorRuntime Actors);

/// <summary>The body of GET /v1.0/metadata: daprd's members in daprd's order, empty parts left out.</summary>
internal static class MetadataReply
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (StateCapabilities Flag, string Name)[] StateNames =
    [
        (StateCapabilities.Etag, "ETAG"),
        (StateCapabilities.Transactional, "TRANSACTIONAL"),
        (StateCapabilities.Ttl, "TTL"),
        (StateCapabilities.DeleteWithPrefix, "DELETE_WITH_PREFIX"),
        (StateCapabilities.KeysLike, "KEYS_LIKE"),
        (StateCapabilities.Actor, "ACTOR"),
    ];

    private static readonly (PubSubCapabilities Flag, string Name)[] PubSubNames =
    [
        (PubSubCapabilities.MessageTtl, "MESSAGE_TTL"),
        (PubSubCapabilities.SubscribeWildcards, "SUBSCRIBE_WILDCARDS"),
        (PubSubCapabilities.BulkPubSub, "BULK_PUBSUB"),
    ];

    public static ReadOnlyMemory<byte> Write(MetadataSource source)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("id", source.Options.AppId);
            writer.WriteString("runtimeVersion", RuntimeVersion.Dapr);
            WriteTexts(writer, "enabledFeatures", source.Resources.Configuration.Features.Where(pair => pair.Value).Select(pair => pair.Key));
            WriteActors(writer, "actors", source.Actors.Counts);
            WriteComponents(writer, source.Components);
            WriteMap(writer, "extended", source.Extended.All);
            WriteSubscriptions(writer, source.Subscriptions.All);
            WriteNamed(writer, "httpEndpoints", [.. source.Resources.HttpEndpoints.Select(endpoint => endpoint.Name)]);
            WriteAppConnection(writer, source.Options);
            WriteActorRuntime(writer, source.Actors);
            writer.WriteStartObject("workflows");
            writer.WriteNumber("connectedWorkers", source.Workflows.Dispatcher.ConnectedWorkers);
            writer.WriteEndObject();
            WriteNamed(writer, "resiliencies", source.Resources.Resiliency.Names);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    internal static IEnumerable<string> Capabilities(IComponent component) => component switch
    {
        IStateStore store => StateNames.Where(pair => store.Capabilities.HasFlag(pair.Flag)).Select(pair => pair.Name),
        IPubSub pubsub => PubSubNames.Where(pair => pubsub.Capabilities.HasFlag(pair.Flag)).Select(pair => pair.Name),
        IInputBinding => ["INPUT_BINDING"],
        IOutputBinding => ["OUTPUT_BINDING"],
        _ => [],
    };

    /// <summary>Null while nobody knows.</summary>
    public static string? Placement(ActorRuntimeStatus status) => status switch
    {
        ActorRuntimeStatus.Initializing => null,
        ActorRuntimeStatus.Running => "placement: connected",
        _ => "placement: disconnected",
    };

    private static void WriteActorRuntime(Utf8JsonWriter writer, ActorRuntime actors)
    {
        var status = actors.Status;
        writer.WriteStartObject("actorRuntime");
        writer.WriteString("runtimeStatus", status.ToString().ToUpperInvariant());
        WriteActors(writer, "activeActors", actors.Counts);
        writer.WriteBoolean("hostReady", status == ActorRuntimeStatus.Running);
        if (Placement(status) is { } placement)
        {
            writer.WriteString("placement", placement);
        }

        writer.WriteEndObject();
    }

    private static void WriteActors(Utf8JsonWriter writer, string list, IReadOnlyList<(string Type, int Count)> counts)
    {
        if (counts.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(list);
        foreach (var (type, count) in counts)
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteNumber("count", count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteComponents(Utf8JsonWriter writer, ComponentRegistry components)
    {
        if (components.All.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("components");
        foreach (var component in components.All.OrderBy(component => component.Spec.Name, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("name", component.Spec.Name);
            writer.WriteString("type", component.Spec.Type);
            writer.WriteString("version", component.Spec.Version);
            writer.WriteStartArray("capabilities");
            foreach (var capability in Capabilities(component.Instance))
            {
                writer.WriteStringValue(capability);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSubscriptions(Utf8JsonWriter writer, IReadOnlyList<ActiveSubscription> subscriptions)
    {
        if (subscriptions.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("subscriptions");
        foreach (var subscription in subscriptions)
        {
            writer.WriteStartObject();
            writer.WriteString("pubsubname", subscription.PubsubName);
            writer.WriteString("topic", subscription.Topic);
            WriteMap(writer, "metadata", subscription.Metadata);
            writer.WriteStartArray("rules");
            foreach (var rule in subscription.Rules)
            {
                writer.WriteStartObject();
                writer.WriteString("match", rule.Match);
                writer.WriteString("path", rule.Path);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("deadLetterTopic", subscription.DeadLetterTopic ?? "");
            writer.WriteString("type", subscription.Type);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAppConnection(Utf8JsonWriter writer, SidecarOptions options)
    {
        if (options.AppPort is not { } port)
        {
            return;
        }

        writer.WriteStartObject("appConnectionProperties");
        writer.WriteNumber("port", port);
        writer.WriteString("protocol", options.AppProtocol);
        writer.WriteString("channelAddress", options.AppChannelAddress);
        writer.WriteNumber("maxConcurrency", options.AppMaxConcurrency);
        if (options.EnableAppHealthCheck)
        {
            writer.WriteStartObject("health");
            writer.WriteString("healthCheckPath", options.AppHealthCheckPath);
            writer.WriteString("healthProbeInterval", GoDuration.Format(options.AppHealthProbeInterval));
            writer.WriteString("healthProbeTimeout", GoDuration.Format(options.AppHealthProbeTimeout));
            writer.WriteNumber("healthThreshold", options.AppHealthThreshold);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in pairs)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        var all = texts.ToList();
        if (all.Count > 0)
        {
            writer.WriteStartArray(name);
            all.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
        }
    }

    private static void WriteNamed(Utf8JsonWriter writer, string list, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(list);
        foreach (var name in names)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
