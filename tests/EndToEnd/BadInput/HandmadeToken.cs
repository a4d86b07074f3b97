using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>A JSON Web Token made without any library, so that every part of it can be wrong.</summary>
internal sealed record HandmadeToken
{
    public string Algorithm { get; init; } = "HS256";

    public string Issuer { get; init; } = "daprshop";

    public string Audience { get; init; } = "daprshop";

    public string User { get; init; } = "shopper-1";

    public string Role { get; init; } = "customer";

    public TimeSpan NotBefore { get; init; } = TimeSpan.FromMinutes(-5);

    /// <summary>Null: it never ends.</summary>
    public TimeSpan? Expires { get; init; } = TimeSpan.FromMinutes(5);

    public string Key { get; init; } = DemoSecret("jwt-signing-key");

    public string? Signature { get; init; }

    public static string DemoSecret(string name)
    {
        using var secrets = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "components", "secrets.json")));
        return secrets.RootElement.GetProperty(name).GetString()!;
    }

    public override string ToString()
    {
        var now = TimeProvider.System.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = User,
            ["role"] = Role,
            ["nbf"] = (now + NotBefore).ToUnixTimeSeconds(),
        };
        if (Expires is { } expires)
        {
            claims["exp"] = (now + expires).ToUnixTimeSeconds();
        }

        var signed = $"{Part(new { alg = Algorithm, typ = "JWT" })}.{Part(claims)}";
        return $"{signed}.{Signature ?? Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
