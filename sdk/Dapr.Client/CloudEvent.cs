// The official type is nullable-oblivious, so an application may leave any of these attributes out without a warning.
#nullable disable
using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>A CloudEvents envelope that the publisher fills itself; the sidecar adds what is missing.</summary>
public class CloudEvent
{
    /// <summary>The context in which the event happened.</summary>
    [JsonPropertyName("source")]
    public Uri Source { get; init; }

    /// <summary>The kind of event, by which subscriptions are routed.</summary>
    [JsonPropertyName("type")]
    public string Type { get; init; }

    /// <summary>What the event is about, within its source.</summary>
    [JsonPropertyName("subject")]
    public string Subject { get; init; }
}
