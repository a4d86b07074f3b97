#nullable disable
namespace Dapr;

/// <summary>A subscription of an endpoint.</summary>
public class TopicOptions
{
#pragma warning disable CA1051 // The official type shows a field here, and a field is part of the signature.
    /// <summary>Metadata entries of the subscription.</summary>
    public IDictionary<string, string> Metadata;
#pragma warning restore CA1051

    /// <summary>The topic.</summary>
    public string Name { get; set; }

    /// <summary>The pub/sub component.</summary>
    public string PubsubName { get; set; }

    /// <summary>Asks for messages without an envelope.</summary>
    public bool EnableRawPayload { get; set; }

    /// <summary>A CEL expression over the event; null or empty for the default route.</summary>
    public string Match { get; set; }

    /// <summary>Rules are tried in ascending order of it.</summary>
    public int Priority { get; set; }

    /// <summary>Ids of the metadata entries that the topic owns.</summary>
    public string[] OwnedMetadatas { get; set; }

    /// <summary>What stands between several values of one name. The official WithTopic loses it, and so does this one.</summary>
    public string MetadataSeparator { get; set; }

    /// <summary>The dead-letter topic; null for none.</summary>
    public string DeadLetterTopic { get; set; }
}
