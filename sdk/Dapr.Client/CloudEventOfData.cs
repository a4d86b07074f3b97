#nullable disable
using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>A CloudEvents envelope around JSON data.</summary>
/// <typeparam name="TData">The type of the data.</typeparam>
/// <param name="data">What happened.</param>
public class CloudEvent<TData>(TData data) : CloudEvent
{
    /// <summary>What happened.</summary>
    public TData Data { get; } = data;

    /// <summary>Always JSON.</summary>
    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; } = "application/json";
}
