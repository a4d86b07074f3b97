using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Operations;

/// <summary>Says whether the shop keeps its promises, from the order logs, the stock logs and the provider's ledger.</summary>
internal static class InvariantsEndpoint
{
    public static void MapInvariants(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/ops/invariants", HandleAsync).RequireOperator();

    internal static async Task<InvariantsReport> HandleAsync(AuditReader evidence, InvariantGauges gauges, CancellationToken cancellationToken) =>
        gauges.Judge(await evidence.ReadAsync(cancellationToken));
}
