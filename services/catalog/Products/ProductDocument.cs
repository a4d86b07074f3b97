using DaprShop.Contracts.Api;
using DaprShop.Contracts.Events;

namespace DaprShop.Catalog.Products;

/// <summary>A product as it is stored (R2), with the events that are not published yet (R7).</summary>
internal sealed record ProductDocument(Product Product, IReadOnlyList<ProductChanged> Unpublished)
{
    public const int MostUnpublished = 32;
}
