namespace Sidecar.PubSub.Publishing;

/// <summary>Names and fixed values of the event envelope.</summary>
internal static class CloudEventAttributes
{
    public const string ContentType = "application/cloudevents+json";
    public const string SpecVersionValue = "1.0";
    public const string DefaultType = "com.dapr.event.sent";
    public const string DefaultSource = "Dapr";

    public const string Data = "data";
    public const string DataBase64 = "data_base64";
    public const string DataContentType = "datacontenttype";
    public const string Expiration = "expiration";
    public const string Id = "id";
    public const string PubSubName = "pubsubname";
    public const string Source = "source";
    public const string SpecVersion = "specversion";
    public const string Subject = "subject";
    public const string Time = "time";
    public const string Topic = "topic";
    public const string TraceId = "traceid";
    public const string TraceParent = "traceparent";
    public const string TraceState = "tracestate";
    public const string Type = "type";
}
