using System.Globalization;
using System.Text.Json;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Runtime;

/// <summary>The stored state of one actor.</summary>
internal sealed class ActorStateStore(ActorSidecar sidecar, string type, ActorId id, JsonSerializerOptions json, TimeProvider clock)
{
    public async Task<bool> ContainsAsync(string name, CancellationToken cancellationToken) =>
        await ReadAsync(name, cancellationToken) is not null;

    public async Task<ConditionalValue<(T? Value, DateTimeOffset? Expires)>> LoadAsync<T>(string name, CancellationToken cancellationToken) =>
        await ReadAsync(name, cancellationToken) is { } found
            ? new(true, (JsonSerializer.Deserialize<T>(found.Json, json), found.Expires))
            : default;

    public Task SaveAsync(IEnumerable<ActorStateChange> changes, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var change in changes)
            {
                Write(writer, change);
            }

            writer.WriteEndArray();
        }

        return sidecar.SaveStateAsync(type, id, buffer.ToArray(), cancellationToken);
    }

    private async Task<(byte[] Json, DateTimeOffset? Expires)?> ReadAsync(string name, CancellationToken cancellationToken) =>
        await sidecar.GetStateAsync(type, id, name, cancellationToken) is { } found && !(found.Expires <= clock.GetUtcNow()) ? found : null;

    private void Write(Utf8JsonWriter writer, ActorStateChange change)
    {
        var removes = change.ChangeKind == StateChangeKind.Remove;
        writer.WriteStartObject();
        writer.WriteString("operation", removes ? "delete" : "upsert");
        writer.WriteStartObject("request");
        writer.WriteString("key", change.StateName);
        if (!removes)
        {
            writer.WritePropertyName("value");
            JsonSerializer.Serialize(writer, change.Value, change.Type, json);
            if (change.TTLExpireTime is { } expires)
            {
                // Up to a second too long rather than gone too early; what should be gone already lives for one more.
                var seconds = Math.Max(1, (long)Math.Ceiling((expires - clock.GetUtcNow()).TotalSeconds));
                writer.WriteStartObject("metadata");
                writer.WriteString("ttlInSeconds", seconds.ToString(CultureInfo.InvariantCulture));
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
