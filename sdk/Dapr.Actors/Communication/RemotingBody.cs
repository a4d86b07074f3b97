using System.Reflection;
using System.Text.Json;

namespace Dapr.Actors.Communication;

/// <summary>
/// Arguments and result of a strongly typed call in JSON: <c>{"value":{"first":1,"second":"b"}}</c>, the members named after the
/// parameters, and <c>{"value":{"retVal":3}}</c>. A method without parameters is called without a body, one without a result answers none.
/// </summary>
internal static class RemotingBody
{
    private const string Envelope = "value";
    private const string Result = "retVal";

    public static byte[] WriteArguments(IReadOnlyList<ParameterInfo> parameters, object?[] arguments, JsonSerializerOptions json) => Write(writer =>
    {
        var fields = WithFields(json);
        for (var index = 0; index < parameters.Count; index++)
        {
            WriteMember(writer, parameters[index].Name!, arguments[index], parameters[index].ParameterType, fields);
        }
    });

    public static byte[] WriteResult(object? value, Type type, JsonSerializerOptions json) =>
        Write(writer => WriteMember(writer, Result, value, type, WithFields(json)));

    /// <summary>The arguments in their order; one that is missing has its type's default. Throws <see cref="JsonException"/>.</summary>
    public static object?[] ReadArguments(ReadOnlyMemory<byte> body, IReadOnlyList<ParameterInfo> parameters, JsonSerializerOptions json)
    {
        if (parameters.Count == 0)
        {
            return [];
        }

        using var document = Open(body);
        var fields = WithFields(json);
        return [.. parameters.Select(parameter => ReadMember(document.RootElement, parameter.Name!, parameter.ParameterType, fields))];
    }

    /// <summary>Throws <see cref="JsonException"/>.</summary>
    public static object? ReadResult(ReadOnlyMemory<byte> body, Type type, JsonSerializerOptions json)
    {
        if (body.IsEmpty)
        {
            return Default(type);
        }

        using var document = Open(body);
        return ReadMember(document.RootElement, Result, type, WithFields(json));
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(Envelope);
            members(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteMember(Utf8JsonWriter writer, string name, object? value, Type type, JsonSerializerOptions json)
    {
        writer.WritePropertyName(json.PropertyNamingPolicy?.ConvertName(name) ?? name);
        JsonSerializer.Serialize(writer, value, type, json);
    }

    private static JsonDocument Open(ReadOnlyMemory<byte> body)
    {
        var document = JsonDocument.Parse(body.IsEmpty ? "{}"u8.ToArray() : body);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new JsonException("A strongly typed call carries an object with the member value.");
    }

    private static object? ReadMember(JsonElement root, string name, Type type, JsonSerializerOptions json)
    {
        var comparison = json.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var wanted = json.PropertyNamingPolicy?.ConvertName(name) ?? name;
        if (root.TryGetProperty(Envelope, out var members) && members.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in members.EnumerateObject().Where(member => member.Name.Equals(wanted, comparison)))
            {
                return member.Value.Deserialize(type, json);
            }
        }

        return Default(type);
    }

    private static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    // The other side wraps arguments in a class with fields, and tuples among them have nothing else.
    private static JsonSerializerOptions WithFields(JsonSerializerOptions json) =>
        json.IncludeFields ? json : FieldOptions.GetValue(json, static given => new JsonSerializerOptions(given) { IncludeFields = true });

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> FieldOptions = [];
}
