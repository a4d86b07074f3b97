using DaprShop.Provider.Charges;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Provider.Faults;

/// <summary><c>GET|PUT|DELETE /v1/faults</c>: rates by kind, such as <c>{"declined": 0.05, "webhook_lost": 0.01}</c>.</summary>
internal static class FaultEndpoints
{
    public static void MapFaults(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/faults", (FaultRates faults) => TypedResults.Ok(faults.Rates));
        routes.MapPut("/v1/faults", Set);
        routes.MapDelete("/v1/faults", (FaultRates faults) =>
        {
            faults.Rates = new Dictionary<string, double>();
            return TypedResults.NoContent();
        });
    }

    internal static IResult Set(Dictionary<string, double> rates, FaultRates faults)
    {
        var errors = new ValidationErrors();
        foreach (var (kind, rate) in rates)
        {
            errors.Require(
                kind != "ok" && Outcome.ByName.ContainsKey(kind), kind,
                "is not a kind; use " + string.Join(", ", Outcome.ByName.Keys.Where(name => name != "ok")));
            errors.Require(rate is >= 0 and <= 1, kind, "must be from 0 to 1");
        }

        errors.Require(rates.Values.Sum() <= 1, "$", "all rates together must not exceed 1");
        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        faults.Rates = rates;
        return TypedResults.Ok(faults.Rates);
    }
}
