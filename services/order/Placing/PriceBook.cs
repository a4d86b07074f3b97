using System.Collections.Concurrent;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Order.Clients;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Placing;

/// <param name="Prices">By SKU.</param>
/// <param name="AsOf">When the oldest of them was named; null: the catalogue named them just now, and what is missing is not in it.</param>
internal sealed record NamedPrices(IReadOnlyDictionary<string, Money> Prices, DateTimeOffset? AsOf)
{
    public static NamedPrices None { get; } = new(new Dictionary<string, Money>(), AsOf: null);

    public Money? Find(string sku) => Prices.GetValueOrDefault(sku);

    /// <summary>Nobody who could be asked knows whether there is such a product.</summary>
    public bool IsUnknown(string sku) => AsOf is not null && !Prices.ContainsKey(sku);
}

/// <summary>
/// The catalogue's prices. While it answers it is always asked, so that a new price counts at once. While it does not, orders go on at the prices it
/// named last, and say so; a replica knows those it has asked for itself.
/// </summary>
internal sealed partial class PriceBook(CatalogClient catalog, IOptions<PriceOptions> options, TimeProvider clock, ILogger<PriceBook> logger)
{
    /// <summary>How long a catalogue that hangs may hold up orders whose prices are known.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>After a failure it is left alone for so long: the orders of that time need not all wait for the next one.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (Money Price, DateTimeOffset NamedAt)> _known = new(StringComparer.Ordinal);
    private long _failedAt;
    private volatile bool _isAway;

    /// <summary>Throws when the catalogue does not answer and none of these prices is known.</summary>
    public async Task<NamedPrices> FindAsync(IReadOnlyList<string> skus, CancellationToken cancellationToken)
    {
        var known = Known(skus);
        if (known is not null && _isAway && clock.GetElapsedTime(Volatile.Read(ref _failedAt)) < Pause)
        {
            return known;
        }

        // Without a known price there is nothing better to do than to wait for as long as the sidecar's policy has it.
        using var patience = known is null ? new CancellationTokenSource() : new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return Remember(skus, await catalog.PricesAsync(skus, either.Token));
        }
        catch (Exception failure) when (known is not null
            && failure is HttpRequestException or DependencyUnavailableException or JsonException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref _failedAt, clock.GetTimestamp());
            if (!_isAway)
            {
                _isAway = true;
                LogAway(failure, options.Value.StaleFor);
            }

            return known;
        }
    }

    private NamedPrices Remember(IReadOnlyList<string> skus, IReadOnlyDictionary<string, Money> prices)
    {
        var now = clock.GetUtcNow();
        foreach (var sku in skus)
        {
            if (prices.TryGetValue(sku, out var price))
            {
                _known[sku] = (price, now);
            }
            else
            {
                _known.TryRemove(sku, out _);
            }
        }

        if (_isAway)
        {
            _isAway = false;
            LogBack();
        }

        return new NamedPrices(prices, AsOf: null);
    }

    /// <returns>Null when there is none of them.</returns>
    private NamedPrices? Known(IReadOnlyList<string> skus)
    {
        var oldest = clock.GetUtcNow();
        var earliest = oldest - options.Value.StaleFor;
        var prices = new Dictionary<string, Money>(skus.Count, StringComparer.Ordinal);
        foreach (var sku in skus)
        {
            if (_known.TryGetValue(sku, out var known) && known.NamedAt > earliest)
            {
                prices[sku] = known.Price;
                oldest = known.NamedAt < oldest ? known.NamedAt : oldest;
            }
        }

        return prices.Count == 0 ? null : new NamedPrices(prices, oldest);
    }

    [LoggerMessage(LogLevel.Warning, "The catalogue does not answer: orders go on at the prices it named in the last {StaleFor}")]
    private partial void LogAway(Exception failure, TimeSpan staleFor);

    [LoggerMessage(LogLevel.Information, "The catalogue answers again")]
    private partial void LogBack();
}
