namespace Dapr.Common.Serialization;

/// <summary>Turns payloads into text and back. Null and the empty string stand for each other.</summary>
public interface IDaprSerializer
{
    /// <summary>The value as text; an empty string for null.</summary>
    string Serialize<T>(T value);

    /// <summary>The value as text, written as <paramref name="inputType"/> or as its own type; an empty string for null.</summary>
    string Serialize(object? value, Type? inputType = null);

    /// <summary>The value that the text stands for; the default for null or an empty string.</summary>
    T? Deserialize<T>(string? data);

    /// <summary>The value that the text stands for; null for null or an empty string.</summary>
    object? Deserialize(string? data, Type returnType);
}
