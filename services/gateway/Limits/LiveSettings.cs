using DaprShop.Contracts.Api;

namespace DaprShop.Gateway.Limits;

/// <summary>The settings as this gateway knows them: the defaults until the order service has been asked, then the last that it said.</summary>
internal sealed class LiveSettings
{
    private volatile ShopSettings _current = ShopSettings.Default;

    public EdgeLimits Edge => _current.Edge;

    /// <summary>Counts from the next request on.</summary>
    public void Set(ShopSettings settings) => _current = settings;
}
