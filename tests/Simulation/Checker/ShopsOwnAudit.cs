using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Http;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Checker;

/// <summary>What the shop says of itself when it is at rest: its invariants hold and its audit finds no drift, or one of the two is wrong.</summary>
internal sealed class ShopsOwnAudit(World world, Network network)
{
    /// <summary>It compares nothing that moved within five minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> Operator = new()
    {
        [ShopHeaders.User] = "operator-1",
        [ShopHeaders.Role] = ShopCaller.Operator,
    };

    public IReadOnlyList<string> Findings()
    {
        world.RunUntil(() => false, Patience);
        if (Ask("GET", "/api/v1/ops/invariants")?.Read<InvariantsReport>() is not { } report)
        {
            return ["the shop does not say whether its invariants hold"];
        }

        var broken = report.Checks.Where(check => !check.Holds).Select(check => $"by the shop's own account: {check.Name} {check.Actual}").ToList();
        Ask("POST", "/api/v1/ops/reconciliations");
        Reconciliation? run = null;
        world.RunUntil(
            () =>
            {
                network.Send(AppIds.Order, Dependency.Invocation, Request("GET", "/api/v1/ops/reconciliations"), answer =>
                    run = answer?.Read<Page<Reconciliation>>().Items is [{ Status: not "Running" } ended, ..] ? ended : run);
                return run is not null;
            },
            Limit);
        return run is { Status: "Completed" }
            ? [.. broken, .. run.Drifts.Select(drift => $"by the shop's own audit: {drift.Kind} of {drift.OrderId ?? drift.Sku}: {drift.Detail}")]
            : [.. broken, $"the audit is {run?.Status ?? "never done"}: {run?.Error}"];
    }

    private static Request Request(string method, string path) => new(method, path, default, Headers: Operator);

    private Response? Ask(string method, string path)
    {
        Response? answer = null;
        network.Send(AppIds.Order, Dependency.Invocation, Request(method, path), response => answer = response);
        world.RunUntil(() => answer is not null, Limit);
        return answer is { IsSuccess: true } ? answer : null;
    }
}
