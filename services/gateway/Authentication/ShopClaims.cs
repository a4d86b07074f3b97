namespace DaprShop.Gateway.Authentication;

/// <summary>The claims that the gateway itself reads, whatever the issuer calls them.</summary>
internal static class ShopClaims
{
    public const string User = "shop-user";
    public const string Role = "shop-role";
}
