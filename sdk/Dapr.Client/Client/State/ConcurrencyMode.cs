namespace Dapr.Client;

/// <summary>Which of two concurrent writers wins.</summary>
public enum ConcurrencyMode
{
    /// <summary>The first: a write that carries an outdated etag fails.</summary>
    FirstWrite,

    /// <summary>The last: a write overwrites what is there.</summary>
    LastWrite,
}
