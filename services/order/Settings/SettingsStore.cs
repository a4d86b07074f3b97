using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Settings;

/// <summary>The one document <c>settings</c> (commit rule R2).</summary>
internal sealed class SettingsStore(DocumentStore documents)
{
    internal const string Key = "settings";

    public async Task<ShopSettings> ReadAsync(CancellationToken cancellationToken) =>
        await documents.ReadAsync<ShopSettings>(Key, cancellationToken) ?? ShopSettings.Default;

    /// <param name="expects">What If-Match says about the version that stands; null when the request has none.</param>
    /// <returns>The settings that stand now, and whether they are the ones that were put.</returns>
    public Task<(ShopSettings Settings, bool Written)> PutAsync(
        PutSettings request, Func<long, bool>? expects, CancellationToken cancellationToken) =>
        documents.ChangeAsync<ShopSettings, (ShopSettings, bool)>(
            Key,
            stored =>
            {
                var current = stored ?? ShopSettings.Default;
                if (expects is not null && !expects(current.Version))
                {
                    return Change.None<ShopSettings, (ShopSettings, bool)>((current, false));
                }

                var next = new ShopSettings(request.Edge, current.Version + 1);
                return Change.To(next, (next, true));
            },
            cancellationToken);
}
