#nullable disable
namespace Dapr.Actors.Runtime;

/// <summary>A change of one state entry that is to be stored.</summary>
public sealed class ActorStateChange
{
    /// <summary>A change with all that storing it takes.</summary>
    public ActorStateChange(string stateName, Type type, object value, StateChangeKind changeKind, DateTimeOffset? ttlExpireTime)
    {
        ArgumentNullException.ThrowIfNull(stateName);
        StateName = stateName;
        Type = type;
        Value = value;
        ChangeKind = changeKind;
        TTLExpireTime = ttlExpireTime;
    }

    /// <summary>The entry's name.</summary>
    public string StateName { get; }

    /// <summary>The type its value is written as.</summary>
    public Type Type { get; }

    /// <summary>Its new value; null when it is removed.</summary>
    public object Value { get; }

    /// <summary>What became of it.</summary>
    public StateChangeKind ChangeKind { get; }

    /// <summary>When it ceases to exist by itself; null: never.</summary>
    public DateTimeOffset? TTLExpireTime { get; }
}
