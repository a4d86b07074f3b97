using System.Diagnostics;
using System.Net;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Faults;

/// <summary>Asks for what a process is there for, as its users do, and tells when it is answered again.</summary>
internal sealed class Probes : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(120);

    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly RunningShop _shop;
    private readonly string _token;

    private Probes(RunningShop shop, string token) => (_shop, _token) = (shop, token);

    public static async Task<Probes> CreateAsync(RunningShop shop)
    {
        using var client = await ShopClient.SignInAsync(shop.Gateway, "shopper-1");
        return new Probes(shop, client.Token!);
    }

    /// <returns>Milliseconds; null: not within two minutes.</returns>
    public async Task<long?> RecoveryAsync(string target, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!cancellationToken.IsCancellationRequested && watch.Elapsed < Longest)
        {
            if (await AnswersAsync(target))
            {
                return watch.ElapsedMilliseconds;
            }

            await Task.Delay(Interval, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    public async Task<bool> AnswersAsync(string target)
    {
        foreach (var url in Urls(target))
        {
            if (!await IsAnsweredAsync(url))
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose() => _http.Dispose();

    private string[] Urls(string target)
    {
        var gateway = $"{_shop.Gateway}/api/v1";
        var payment = $"{gateway}/payments/00000000-0000-0000-0000-000000000000";
        return target switch
        {
            "gateway" => [$"{_shop.Gateway}/openapi/v1.json"],
            "catalog" => [$"{gateway}/products/REL-1"],
            "order" => [$"{gateway}/orders?limit=1"],
            "inventory" => [$"{gateway}/stock/REL-1"],
            "payment" => [payment],
            "notification" => [$"{gateway}/notifications?limit=1"],
            "provider" => [$"{_shop.Provider}/v1/charges?reference=nobody"],

            // The launcher has all sidecars in it; servers are behind all services.
            _ => [$"{gateway}/products/REL-1", $"{gateway}/orders?limit=1", $"{gateway}/stock/REL-1", payment, $"{gateway}/notifications?limit=1"],
        };
    }

    private async Task<bool> IsAnsweredAsync(string url)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Authorization = new("Bearer", _token);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

            // 404: the service was asked and knows of none, which is an answer.
            return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
