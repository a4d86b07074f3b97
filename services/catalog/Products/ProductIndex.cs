using System.Globalization;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Catalog.Products;

/// <summary>
/// Every SKU in the order it came, in pages <c>products/index/{n}</c>. A full page never changes again. A SKU is entered before its
/// product is written: an entry without a product is skipped by the list, a product without an entry could never be found.
/// </summary>
internal sealed class ProductIndex(DocumentStore documents)
{
    internal const int PageSize = 200;

    private static string Key(int page) => string.Create(CultureInfo.InvariantCulture, $"products/index/{page}");

    public async Task AddAsync(IReadOnlyList<string> skus, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> left = skus;
        // From the first page on: only a look at every full page tells that a SKU is not there yet.
        for (var page = 0; left.Count > 0; page++)
        {
            left = await documents.ChangeAsync<IndexPage, IReadOnlyList<string>>(Key(page), current => Enter(current, left), cancellationToken);
        }
    }

    /// <returns>The page's SKUs, and whether another page may follow.</returns>
    public async Task<(IReadOnlyList<string> Skus, bool More)> ReadAsync(int page, CancellationToken cancellationToken)
    {
        var document = await documents.ReadAsync<IndexPage>(Key(page), cancellationToken);
        return document is null ? ([], false) : (document.Skus, document.Skus.Count >= PageSize);
    }

    /// <returns>What has no room on this page.</returns>
    internal static Change<IndexPage, IReadOnlyList<string>> Enter(IndexPage? current, IReadOnlyList<string> skus)
    {
        var known = current?.Skus ?? [];
        var fresh = skus.Except(known, StringComparer.Ordinal).ToArray();
        var entered = fresh.Take(PageSize - known.Count).ToArray();
        IReadOnlyList<string> left = fresh[entered.Length..];
        return entered.Length == 0
            ? Change.None<IndexPage, IReadOnlyList<string>>(left)
            : Change.To(new IndexPage([.. known, .. entered]), left);
    }
}

internal sealed record IndexPage(IReadOnlyList<string> Skus);
