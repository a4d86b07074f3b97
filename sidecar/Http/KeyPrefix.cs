using Sidecar.Components;

namespace Sidecar.Http;

/// <summary>The keyPrefix metadata of a store: what keeps apps that share it apart (dapr-contract.md 4.4, 8).</summary>
internal static class KeyPrefix
{
    public const string Separator = "||";

    /// <summary>The prefix without its separator; null: keys stand as they are.</summary>
    public static string? Of(ComponentSpec store, string appId, string? appNamespace)
    {
        var strategy = store.Metadata.GetValueOrDefault("keyPrefix", "");
        return strategy.ToUpperInvariant() switch
        {
            "" or "APPID" => appId,
            "NAME" => store.Name,
            "NAMESPACE" => appNamespace is null ? appId : $"{appNamespace}.{appId}",
            "NONE" => null,
            _ => strategy,
        };
    }

    public static bool IsIllegal(string key) => key.Contains(Separator, StringComparison.Ordinal);
}
