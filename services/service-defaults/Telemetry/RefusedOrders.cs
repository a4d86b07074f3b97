using System.Diagnostics.Metrics;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>Requests for an order that got none, by <c>reason</c>: the name of the problem they were answered. Each is counted by the service that refused it.</summary>
public sealed class RefusedOrders
{
    public const string Name = "shop.orders.refused";

    private readonly Counter<long> _refused;

    public RefusedOrders(IMeterFactory meters) => _refused = meters.Create(ShopActivity.SourceName).CreateCounter<long>(
        Name, "{order}", "Requests for an order that got none, by the name of the problem.");

    public void Count(ProblemHttpResult refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Count(Problems.NameOf(refusal));
    }

    public void Count(QuickProblem refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Count(refusal.Name);
    }

    /// <summary>The order's outcome is unknown to its caller, who repeats it.</summary>
    public void Count(Exception fault) => Count(FaultProblems.NameOf(fault));

    private void Count(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
