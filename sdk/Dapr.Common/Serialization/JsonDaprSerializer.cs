using System.Text.Json;

namespace Dapr.Common.Serialization;

/// <summary>Payloads as JSON.</summary>
public class JsonDaprSerializer : IDaprSerializer
{
    private readonly JsonSerializerOptions _options;

    /// <summary>A serializer with the given settings.</summary>
    public JsonDaprSerializer(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc />
    public string Serialize<T>(T value) => value is null ? string.Empty : JsonSerializer.Serialize(value, _options);

    /// <inheritdoc />
    public string Serialize(object? value, Type? inputType = null) =>
        value is null ? string.Empty : JsonSerializer.Serialize(value, inputType ?? value.GetType(), _options);

    /// <inheritdoc />
    public T? Deserialize<T>(string? data) =>
        string.IsNullOrEmpty(data) ? default : JsonSerializer.Deserialize<T>(data, _options);

    /// <summary>The value as UTF-8; no bytes for null.</summary>
    public byte[] SerializeToUtf8Bytes<T>(T value) =>
        value is null ? [] : JsonSerializer.SerializeToUtf8Bytes(value, _options);

    /// <summary>The value that the bytes stand for; the default for no bytes.</summary>
    public T? DeserializeFromUtf8Bytes<T>(ReadOnlySpan<byte> utf8Json) =>
        utf8Json.IsEmpty ? default : JsonSerializer.Deserialize<T>(utf8Json, _options);

    /// <inheritdoc />
    public object? Deserialize(string? data, Type returnType) =>
        string.IsNullOrEmpty(data) ? null : JsonSerializer.Deserialize(data, returnType, _options);
}
