#nullable disable
namespace Dapr;

/// <summary>A metadata entry of an endpoint's subscriptions.</summary>
public interface IOriginalTopicMetadata
{
    /// <summary>Ties the entry to the topics that own it; null ties it to all topics of the endpoint.</summary>
    string Id { get; }

    /// <summary>The entry's name.</summary>
    string Name { get; }

    /// <summary>The entry's value.</summary>
    string Value { get; }
}
