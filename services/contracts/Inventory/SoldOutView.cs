namespace DaprShop.Contracts.Inventory;

/// <summary><c>GET /internal/sold-out/{pool}</c>: what a gateway needs to refuse buyers of a stock by itself.</summary>
/// <param name="Version">Of what follows: the same version, the same answer.</param>
/// <param name="IsSoldOut">True: there is not one unit left, whatever quantity is asked for.</param>
/// <param name="Filter">While sold out, the bytes of an <c>IdFilter</c> over every order that ever had units of it: a retry of one must pass.</param>
/// <param name="Hashes">Of the filter.</param>
public sealed record SoldOutView(long Version, bool IsSoldOut, ReadOnlyMemory<byte> Filter, int Hashes);
