#nullable disable
namespace Dapr.Client;

/// <summary>What a sidecar says about itself.</summary>
public sealed class DaprMetadata
{
    /// <summary>A sidecar's description.</summary>
    public DaprMetadata(
        string id,
        IReadOnlyList<DaprActorMetadata> actors,
        IReadOnlyDictionary<string, string> extended,
        IReadOnlyList<DaprComponentsMetadata> components)
    {
        Id = id;
        Actors = actors;
        Extended = extended;
        Components = components;
    }

    /// <summary>The app id.</summary>
    public string Id { get; }

    /// <summary>The actor types of the application, with the number of active actors.</summary>
    public IReadOnlyList<DaprActorMetadata> Actors { get; }

    /// <summary>Attributes set at run time.</summary>
    public IReadOnlyDictionary<string, string> Extended { get; }

    /// <summary>The components that were loaded.</summary>
    public IReadOnlyList<DaprComponentsMetadata> Components { get; }
}
