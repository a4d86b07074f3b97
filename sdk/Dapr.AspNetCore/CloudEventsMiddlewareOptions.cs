#nullable disable
namespace Dapr;

/// <summary>How envelopes are opened.</summary>
public class CloudEventsMiddlewareOptions
{
    /// <summary>Leaves text payloads as the JSON strings they are in the envelope.</summary>
    public bool SuppressJsonDecodingOfTextPayloads { get; set; }

    /// <summary>Gives the endpoint the envelope's attributes as request headers <c>Cloudevent.{name}</c>.</summary>
    public bool ForwardCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>The only attributes to forward; null for all.</summary>
    public string[] IncludedCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>Attributes not to forward; null for none.</summary>
    public string[] ExcludedCloudEventPropertiesFromHeaders { get; set; }
}
