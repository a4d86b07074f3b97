using System.Diagnostics;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Host;
using Sidecar.PubSub.Publishing;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Outbox;

/// <summary>The event was not handed on, so the transaction must not be committed.</summary>
internal sealed class OutboxException(Exception cause) : Exception(cause.Message, cause);

/// <summary>
/// Ties an event to the transaction of a state store: the event goes to an internal topic before the commit, a marker is
/// committed with the state, and the relay publishes the event once it finds the marker (dapr-contract.md 6). So an event
/// is published if and only if its transaction was committed, whoever dies in between; it may be published twice.
/// </summary>
internal sealed class TransactionalOutbox(SidecarOptions options, ComponentRegistry components, EventPublisher publisher)
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();
    private static readonly ReadOnlyMemory<byte> Mark = "\"0\""u8.ToArray();

    /// <summary>Null for a store without an outbox.</summary>
    public OutboxSettings? Of(string store) => components.Find(store) is { Spec: var spec } ? OutboxSettings.Of(spec) : null;

    /// <summary>
    /// Hands an event for each upsert to the relay and answers the markers that must be committed with the state. Throws
    /// <see cref="OutboxException"/>; then nothing may be committed.
    /// </summary>
    /// <param name="upserts">Projections included.</param>
    public async Task<IReadOnlyList<StateSet>> HandOnAsync(
        OutboxSettings outbox, IReadOnlyList<OutboxOperation> upserts, CancellationToken cancellationToken)
    {
        var projections = upserts.Where(upsert => upsert.IsProjection).GroupBy(upsert => upsert.Key).ToDictionary(same => same.Key, same => same.Last());
        var markers = new List<StateSet>();
        foreach (var upsert in upserts.Where(upsert => !upsert.IsProjection))
        {
            var marker = $"outbox-{RandomId.NewUuid()}";
            try
            {
                var cloudEvent = Event(outbox, marker, upsert, projections.GetValueOrDefault(upsert.Key, upsert));
                await publisher.PublishRawAsync(
                    outbox.InternalPubSub, outbox.InternalTopic(options.Namespace, options.AppId), cloudEvent, NoMetadata, cancellationToken);
            }
            catch (Exception failure) when (failure is ComponentException or CloudEventException or TopicForbiddenException
                or TimeoutException or CircuitBreakerOpenException)
            {
                throw new OutboxException(failure);
            }

            markers.Add(new StateSet(marker, Mark));
        }

        return markers;
    }

    // Every entry of the operation's metadata becomes an attribute under its own name, except those that are the event.
    private byte[] Event(OutboxSettings outbox, string marker, OutboxOperation upsert, OutboxOperation shown)
    {
        var trace = TraceContext.Of(Activity.Current);
        var wrapped = publisher.Wrap(outbox.InternalPubSub, outbox.Topic, shown.EventData(), shown.EventContentType, NoMetadata, trace);
        var attributes = upsert.Metadata
            .Where(entry => entry.Key is not (CloudEventAttributes.Id or CloudEventAttributes.Data))
            .ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        attributes[CloudEventAttributes.Id] = marker;
        return CloudEventEnvelope.With(wrapped, attributes);
    }
}
