using System.Text.Json;
using Sidecar.Actors.Schedules;
using Sidecar.Configuration;

namespace Sidecar.Actors.Hosting;

/// <summary>Reads the app's answer to GET /dapr/config (dapr-contract.md 10.1).</summary>
internal static class HostedTypes
{
    /// <summary>
    /// The hosted types and their settings. What is no duration, number or truth value keeps its default, with a warning,
    /// as with daprd. Throws <see cref="JsonException"/> for what is no JSON object.
    /// </summary>
    public static IReadOnlyDictionary<string, ActorTypeSettings> Parse(ReadOnlyMemory<byte> body, Action<string> warn)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("the configuration is not an object");
        }

        var common = Read(root, new ActorTypeSettings(), warn);
        var types = Texts(root, "entities").Where(type => type.Length > 0).Distinct(StringComparer.Ordinal)
            .ToDictionary(type => type, _ => common, StringComparer.Ordinal);
        foreach (var entry in Entries(root))
        {
            // An entry stands for itself: what it leaves out has daprd's default, not the app's.
            var own = Read(entry, new ActorTypeSettings { DrainTimeout = common.DrainTimeout, DrainTurns = common.DrainTurns }, warn);
            foreach (var type in Texts(entry, "entities"))
            {
                if (types.ContainsKey(type))
                {
                    types[type] = own;
                }
                else
                {
                    warn($"entitiesConfig speaks of the actor type '{type}', which is not among the entities");
                }
            }
        }

        return types;
    }

    private static ActorTypeSettings Read(JsonElement source, ActorTypeSettings defaults, Action<string> warn)
    {
        var reentrancy = source.TryGetProperty("reentrancy", out var member) && member.ValueKind == JsonValueKind.Object ? member : default;
        return new ActorTypeSettings
        {
            IdleTimeout = Duration(source, "actorIdleTimeout", defaults.IdleTimeout, warn),
            DrainTimeout = Duration(source, "drainOngoingCallTimeout", defaults.DrainTimeout, warn),
            DrainTurns = Flag(source, "drainRebalancedActors", defaults.DrainTurns),
            Reentrancy = reentrancy.ValueKind == JsonValueKind.Object && Flag(reentrancy, "enabled", defaults.Reentrancy),
            MaxStackDepth = reentrancy.ValueKind == JsonValueKind.Object
                && reentrancy.TryGetProperty("maxStackDepth", out var depth) && depth.TryGetInt32Safely(out var limit) && limit > 0
                    ? limit
                    : defaults.MaxStackDepth,
        };
    }

    private static IEnumerable<JsonElement> Entries(JsonElement root) =>
        root.TryGetProperty("entitiesConfig", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object)
            : [];

    private static List<string> Texts(JsonElement source, string name) =>
        source.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString() ?? "")]
            : [];

    private static bool Flag(JsonElement source, string name, bool otherwise) =>
        source.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : otherwise;

    private static bool TryGetInt32Safely(this JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }

    private static TimeSpan Duration(JsonElement source, string name, TimeSpan otherwise, Action<string> warn)
    {
        if (!source.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text)
        {
            return otherwise;
        }

        if (GoDuration.TryParse(text, out var duration)
            || (IsoDuration.TryParse(text, out var iso) && iso.Repeats is null && iso.AsTime() is { } time && (duration = time) == time))
        {
            return duration;
        }

        warn($"{name}: '{text}' is not a duration such as 30s or PT30S; {GoDuration.Format(otherwise)} is used");
        return otherwise;
    }
}
