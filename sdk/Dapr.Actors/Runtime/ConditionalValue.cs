namespace Dapr.Actors.Runtime;

/// <summary>A value that may not be there.</summary>
#pragma warning disable CA1815 // The official struct has no equality of its own.
public struct ConditionalValue<TValue>
#pragma warning restore CA1815
{
    /// <summary>A value, or the absence of one.</summary>
    public ConditionalValue(bool hasValue, TValue value)
    {
        HasValue = hasValue;
        Value = value;
    }

    /// <summary>False: there is none, and <see cref="Value"/> is the type's default.</summary>
    public bool HasValue { get; }

    /// <summary>The value.</summary>
    public TValue Value { get; }
}
