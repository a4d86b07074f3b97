#nullable disable
namespace Dapr.Client;

/// <summary>An actor type of the application.</summary>
public sealed class DaprActorMetadata
{
    /// <summary>An actor type and how many of its actors are active.</summary>
    public DaprActorMetadata(string type, int count)
    {
        Type = type;
        Count = count;
    }

    /// <summary>The actor type.</summary>
    public string Type { get; }

    /// <summary>How many of its actors are active.</summary>
    public int Count { get; }
}
