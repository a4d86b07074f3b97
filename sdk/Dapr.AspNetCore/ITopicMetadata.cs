#nullable disable
namespace Dapr;

/// <summary>A topic that an endpoint subscribes to.</summary>
public interface ITopicMetadata
{
    /// <summary>The topic.</summary>
    string Name { get; }

    /// <summary>The pub/sub component.</summary>
    string PubsubName { get; }

    /// <summary>A CEL expression over the event; null or empty for the default route.</summary>
    string Match { get; }

    /// <summary>Rules are tried in ascending order of it.</summary>
    int Priority { get; }
}
