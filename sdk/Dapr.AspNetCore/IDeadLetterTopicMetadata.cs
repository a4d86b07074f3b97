#nullable disable
namespace Dapr;

/// <summary>Where messages go that an endpoint could not handle.</summary>
public interface IDeadLetterTopicMetadata
{
    /// <summary>The dead-letter topic; null for none.</summary>
    string DeadLetterTopic { get; }
}
