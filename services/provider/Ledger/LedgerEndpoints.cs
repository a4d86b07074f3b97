using DaprShop.Contracts.Payments;

namespace DaprShop.Provider.Ledger;

/// <summary><c>GET /v1/ledger</c>: every capture and refund, in order.</summary>
internal static class LedgerEndpoints
{
    public static void MapLedger(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/ledger", async (Book book) =>
            TypedResults.Ok(await book.ReadAsync(state => new ProviderLedger([.. state.Ledger]))));
}
