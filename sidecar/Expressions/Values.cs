using System.Text.Json;

namespace Sidecar.Expressions;

/// <summary>A failed evaluation travels as a value: CEL lets <c>||</c> and <c>&amp;&amp;</c> decide without the failed side.</summary>
internal sealed record Failure(string Message);

/// <summary>
/// Values are null, bool, double, string or a JSON object or array. All numbers are doubles: those of an event are,
/// and cel-go compares across its number types.
/// </summary>
internal static class Values
{
    public static object? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.String => element.GetString(),
        _ => element,
    };

    public static object? Member(object? target, string name) => target switch
    {
        Failure failure => failure,
        JsonElement { ValueKind: JsonValueKind.Object } map when map.TryGetProperty(name, out var value) => Of(value),
        JsonElement { ValueKind: JsonValueKind.Object } => new Failure($"no such key: {name}"),
        _ => new Failure($"'{name}' is asked of something that is no object"),
    };

    /// <summary>Values of different kinds are unequal, not an error.</summary>
    public static bool AreEqual(object? left, object? right) =>
        left is JsonElement one && right is JsonElement other ? JsonElement.DeepEquals(one, other) : Equals(left, right);

    public static object Order(object? left, object? right) => (left, right) switch
    {
        (double one, double other) => one.CompareTo(other),
        (string one, string other) => string.CompareOrdinal(one, other),
        (bool one, bool other) => one.CompareTo(other),
        _ => new Failure("values of these kinds have no order"),
    };
}
