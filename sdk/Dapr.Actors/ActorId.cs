using System.Text.Json.Serialization;
using Dapr.Actors.Runtime;
using Dapr.Actors.Serialization;

namespace Dapr.Actors;

/// <summary>The id of an actor within its type. In JSON it is a string.</summary>
[JsonConverter(typeof(ActorIdJsonConverter))]
public class ActorId
{
    private readonly string _id;

    /// <summary>Takes any text that is not blank.</summary>
    /// <exception cref="ArgumentException">The text is null or blank.</exception>
    public ActorId(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        _id = id;
    }

    /// <summary>True when both are null or have the same id.</summary>
    public static bool operator ==(ActorId id1, ActorId id2) => id1 is null ? id2 is null : id1.Equals(id2);

    /// <summary>True unless both are null or have the same id.</summary>
    public static bool operator !=(ActorId id1, ActorId id2) => !(id1 == id2);

    /// <summary>An id that nobody else has.</summary>
    public static ActorId CreateRandom() => new(FreshNames.Next());

    /// <summary>The id as text.</summary>
    public string GetId() => _id;

    /// <summary>The id as text.</summary>
    public override string ToString() => _id;

    /// <summary>Equal ids have equal codes.</summary>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_id);

    /// <summary>True for an id with the same text.</summary>
#pragma warning disable CS8765 // The official signature has no question mark.
    public override bool Equals(object obj) => obj is ActorId other && Equals(other);
#pragma warning restore CS8765

    /// <summary>True for an id with the same text.</summary>
    public bool Equals(ActorId other) => other is not null && string.Equals(_id, other._id, StringComparison.Ordinal);

    /// <summary>Orders ids by their text, ordinally; null comes first.</summary>
    public int CompareTo(ActorId other) => other is null ? 1 : string.CompareOrdinal(_id, other._id);
}
