using System.Globalization;
using System.Net;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Gateway.Forwarding;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Gateway.SoldOut;

/// <summary>Asks inventory whether a stock is sold out.</summary>
internal sealed class SoldOutClient(Sidecar sidecar, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="known">The version this gateway has; null: none.</param>
    /// <returns>Null: the known version still holds.</returns>
    public async Task<SoldOutView?> ReadAsync(string pool, long? known, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var request = sidecar.CreateRequest(HttpMethod.Get, AppIds.Inventory, $"/internal/sold-out/{pool}");
        if (known is { } version)
        {
            request.Headers.Add("If-None-Match", string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));
        }

        using var answer = await sidecar.InvokeAsync(AppIds.Inventory, request, either.Token);
        if (known is not null && answer.StatusCode == HttpStatusCode.NotModified)
        {
            return null;
        }

        answer.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize<SoldOutView>(await answer.Content.ReadAsByteArrayAsync(either.Token), ShopJson.Documents)
            ?? throw new DependencyUnavailableException($"{AppIds.Inventory} answered nothing");
    }
}
