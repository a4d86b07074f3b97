namespace Dapr;

/// <summary>Whether messages of a topic come without an envelope.</summary>
public interface IRawTopicMetadata
{
    /// <summary>True to get them wrapped as they are.</summary>
    bool? EnableRawPayload { get; }
}
