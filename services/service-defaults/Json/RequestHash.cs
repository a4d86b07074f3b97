using System.Security.Cryptography;
using System.Text.Json;

namespace DaprShop.ServiceDefaults.Json;

/// <summary>What makes two requests under one idempotency key the same.</summary>
public static class RequestHash
{
    /// <summary>Hex SHA-256 over the request as understood, so that white space does not make another request of it.</summary>
    public static string Of<T>(T request) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, ShopJson.Documents)));
}
