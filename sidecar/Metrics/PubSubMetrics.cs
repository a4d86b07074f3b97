using Sidecar.PubSub.Delivery;

namespace Sidecar.Metrics;

/// <summary>Messages to and from brokers, one by one and in bulk.</summary>
internal sealed class PubSubMetrics
{
    private readonly Family _published;
    private readonly Family _publishLatency;
    private readonly Family _bulkPublished;
    private readonly Family _bulkPublishedEvents;
    private readonly Family _bulkPublishLatency;
    private readonly Family _delivered;
    private readonly Family _deliveryLatency;
    private readonly Family _batches;
    private readonly Family _batchEvents;
    private readonly Family _batchLatency;

    public PubSubMetrics(FamilySet families)
    {
        string[] published = ["component", "success", "topic"];
        _published = families.Counter("component_pubsub_egress_count", "Messages published.", true, published);
        _publishLatency = families.Latency("component_pubsub_egress_latencies", "Milliseconds until a broker took a message.", true, published);
        _bulkPublished = families.Counter("component_pubsub_egress_bulk_count", "Bulk publish calls.", true, published);
        _bulkPublishedEvents = families.Counter("component_pubsub_egress_bulk_event_count", "Messages published in bulk.", true, published);
        _bulkPublishLatency = families.Latency("component_pubsub_egress_bulk_latencies", "Milliseconds until a broker took all messages of a call.", true, published);
        string[] delivered = ["component", "process_status", "status", "topic"];
        _delivered = families.Counter("component_pubsub_ingress_count", "Deliveries to the app.", true, delivered);
        _deliveryLatency = families.Latency("component_pubsub_ingress_latencies", "Milliseconds until the app answered a delivery.", true, delivered);
        string[] batch = ["component", "process_status", "topic"];
        _batches = families.Counter("component_pubsub_ingress_bulk_count", "Batches of bulk subscriptions.", true, batch);
        _batchEvents = families.Counter("component_pubsub_ingress_bulk_event_count", "Messages that came in batches.", true, batch);
        _batchLatency = families.Latency("component_pubsub_ingress_bulk_latencies", "Milliseconds until the app answered a batch.", true, batch);
    }

    public void Published(string component, string topic, bool success, TimeSpan elapsed)
    {
        var labels = new LabelValues(component, success ? "true" : "false", topic);
        _published.Count(labels);
        _publishLatency.Observe(labels, elapsed.TotalMilliseconds);
    }

    /// <param name="published">How many of the call's messages the broker took.</param>
    public void BulkPublished(string component, string topic, bool success, int published, TimeSpan elapsed)
    {
        var labels = new LabelValues(component, success ? "true" : "false", topic);
        _bulkPublished.Count(labels);
        _bulkPublishLatency.Observe(labels, elapsed.TotalMilliseconds);
        if (published > 0)
        {
            // As in daprd, which leaves the label out where a number is counted.
            _bulkPublishedEvents.Count(labels with { Second = "" }, published);
        }
    }

    /// <summary>One attempt, and how it ended.</summary>
    public void Delivered(string component, string topic, DeliveryStatus status, TimeSpan elapsed)
    {
        var labels = new LabelValues(component, status.Process, status.Status, topic);
        _delivered.Count(labels);
        _deliveryLatency.Observe(labels, elapsed.TotalMilliseconds);
    }

    /// <summary>A message that the app was not asked about.</summary>
    public void NotDelivered(string component, string topic, DeliveryStatus status) =>
        _delivered.Count(new LabelValues(component, status.Process, status.Status, topic));

    public void Batch(string component, string topic, TimeSpan elapsed)
    {
        var labels = new LabelValues(component, "", topic);
        _batches.Count(labels);
        _batchLatency.Observe(labels, elapsed.TotalMilliseconds);
    }

    /// <summary>A message of a batch, at each attempt.</summary>
    public void DeliveredInBatch(string component, string topic, DeliveryStatus status) =>
        _batchEvents.Count(new LabelValues(component, status.InBatch, topic));
}
