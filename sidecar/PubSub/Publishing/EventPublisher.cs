using System.Runtime.CompilerServices;
using Sidecar.Components;
using Sidecar.Components.PubSub;
using Sidecar.Host;
using Sidecar.Metrics;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Publishing;

/// <summary>The component's scopes do not let this app use the topic.</summary>
internal sealed class TopicForbiddenException(string topic, string appId)
    : Exception($"topic {topic} is not allowed for app id {appId}");

/// <summary>Publishes for the app and for dead letters: scopes, envelope, outbound policy, driver.</summary>
internal sealed class EventPublisher(
    SidecarOptions options, ComponentRegistry components, ResiliencyPolicies resiliency, TimeProvider clock, SidecarMetrics? metrics = null, Func<string>? newId = null)
{
    private readonly Func<string> _newId = newId ?? RandomId.NewUuid;

    // By the document, not by the name: a reload may change the scopes.
    private readonly ConditionalWeakTable<ComponentSpec, TopicScopes> _scopes = [];

    public TopicScopes ScopesOf(LoadedComponent component) =>
        _scopes.GetValue(component.Spec, spec => new TopicScopes(spec, options.AppId));

    /// <summary>The event in its envelope. Throws <see cref="CloudEventException"/> or <see cref="ComponentException"/>.</summary>
    public ReadOnlyMemory<byte> Wrap(
        string pubSub,
        string topic,
        ReadOnlyMemory<byte> data,
        string? contentType,
        IReadOnlyDictionary<string, string> metadata,
        TraceContext trace) => CloudEventEnvelope.Build(
            new PublishedEvent(
                pubSub, topic, data, contentType, metadata, options.AppId, _newId(), trace.Traceparent, trace.Tracestate, clock.GetLocalNow()),
            expires: !Find(pubSub).Driver.Capabilities.HasFlag(PubSubCapabilities.MessageTtl));

    /// <summary>The bytes go unchanged. Throws <see cref="TopicForbiddenException"/> or <see cref="ComponentException"/>.</summary>
    /// <param name="isOneOfMany">Counted by the caller, together with the others.</param>
    public async Task PublishRawAsync(
        string pubSub,
        string topic,
        ReadOnlyMemory<byte> data,
        IReadOnlyDictionary<string, string> metadata,
        CancellationToken cancellationToken,
        bool isOneOfMany = false)
    {
        var (component, driver) = Find(pubSub);
        if (!ScopesOf(component).MayPublish(topic))
        {
            throw new TopicForbiddenException(topic, options.AppId);
        }

        var message = new OutgoingMessage(topic, data, null, metadata);
        var started = clock.GetTimestamp();
        var taken = false;
        try
        {
            await resiliency.OutboundAsync(pubSub, token => driver.PublishAsync(message, token), cancellationToken);
            taken = true;
        }
        finally
        {
            if (!isOneOfMany)
            {
                metrics?.PubSub.Published(pubSub, topic, taken, clock.GetElapsedTime(started));
            }
        }
    }

    private (LoadedComponent Component, IPubSub Driver) Find(string pubSub) =>
        components.Find(pubSub) is { Instance: IPubSub driver } component
            ? (component, driver)
            : throw new ComponentException(ComponentFault.BadRequest, $"pubsub {pubSub} is not found");
}
