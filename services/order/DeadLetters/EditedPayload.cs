using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Order.DeadLetters;

/// <summary>A payload that an operator sends in place of what came. It stays the same event: only what is wrong in it changes.</summary>
internal static class EditedPayload
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads it, adding what is wrong to <paramref name="errors"/>; the result counts only without errors.</summary>
    public static DeadMessage? Read(JsonElement payload, DeadLetter letter, Subscription subscription, ValidationErrors errors)
    {
        if (!errors.Require(payload.ValueKind == JsonValueKind.Object, "payload", "must be the CloudEvent as a JSON object, as the letter shows it"))
        {
            return null;
        }

        var id = letter.EventId ?? letter.Id;
        errors.Require(
            !payload.TryGetProperty("id", out var given) || (given.ValueKind == JsonValueKind.String && given.ValueEquals(id)),
            "payload.id",
            $"must stay {id}, or be left out: the consumer tells repeats by it");
        errors.Require(payload.TryGetProperty("data", out _), "payload.data", "is required: it is what the consumer reads");
        string[] types = [.. subscription.Routes.Keys.Concat(subscription.OtherTypes).Append(letter.EventType).OfType<string>().Distinct()];
        var hasType = payload.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String;
        errors.Require(hasType && Array.Exists(types, known => type.ValueEquals(known)), "payload.type", $"must be one of {string.Join(", ", types)}");
        if (errors.Any)
        {
            return null;
        }

        var cloudEvent = JsonObject.Create(payload)!;
        cloudEvent["id"] = id;
        cloudEvent["topic"] = subscription.Topic;
        cloudEvent["pubsubname"] = Topics.PubSub;
        cloudEvent["specversion"] ??= "1.0";
        return DeadMessage.Of(JsonSerializer.SerializeToUtf8Bytes(cloudEvent, Plain));
    }
}
