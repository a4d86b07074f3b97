#nullable disable
namespace Dapr;

/// <summary>Which metadata entries of an endpoint belong to one topic.</summary>
public interface IOwnedOriginalTopicMetadata
{
    /// <summary>Ids of the entries that the topic owns.</summary>
    string[] OwnedMetadatas { get; }

    /// <summary>What stands between several values of one name; a comma when null.</summary>
    string MetadataSeparator { get; }
}
