using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaprShop.ServiceDefaults.Json;

/// <summary>How the shop reads and writes JSON. Both forms write alike; they differ in what they accept.</summary>
public static class ShopJson
{
    /// <summary>
    /// What clients send: exact member names, none unknown, none twice, none missing, and a number is never a string.
    /// A client's typo must not become an order that means something else.
    /// </summary>
    public static JsonSerializerOptions Requests { get; } = Freeze(ApplyRequests(new JsonSerializerOptions(JsonSerializerDefaults.Web)));

    /// <summary>
    /// Stored documents, events and what services tell each other: unknown members are ignored, because a newer version
    /// of a service may have written them.
    /// </summary>
    public static JsonSerializerOptions Documents { get; } = Freeze(ApplyShared(new JsonSerializerOptions(JsonSerializerDefaults.Web)));

    internal static JsonSerializerOptions ApplyRequests(JsonSerializerOptions options)
    {
        ApplyShared(options);
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        return options;
    }

    private static JsonSerializerOptions ApplyShared(JsonSerializerOptions options)
    {
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new UtcTimeConverter());
        options.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        return options;
    }

    private static JsonSerializerOptions Freeze(JsonSerializerOptions options)
    {
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
