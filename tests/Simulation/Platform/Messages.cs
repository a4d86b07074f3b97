using System.Text.Json;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>An HTTP request between processes. <see cref="Path"/> begins with a slash and has the query.</summary>
internal sealed record Request(
    string Method, string Path, ReadOnlyMemory<byte> Body, string ContentType = "application/json", IReadOnlyDictionary<string, string>? Headers = null)
{
    public static Request Post<T>(string path, T body, IReadOnlyDictionary<string, string>? headers = null) =>
        new("POST", path, JsonSerializer.SerializeToUtf8Bytes(body, ShopJson.Documents), Headers: headers);

    public T Read<T>() => JsonSerializer.Deserialize<T>(Body.Span, ShopJson.Documents)!;
}

internal sealed record Response(int Status, ReadOnlyMemory<byte> Body, string? ContentType = "application/json")
{
    public bool IsSuccess => Status is >= 200 and < 300;

    public static Response Of<T>(T body, int status = 200) => new(status, JsonSerializer.SerializeToUtf8Bytes(body, ShopJson.Documents));

    public static Response Empty(int status) => new(status, default, null);

    public T Read<T>() => JsonSerializer.Deserialize<T>(Body.Span, ShopJson.Documents)!;
}
