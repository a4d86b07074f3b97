using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Order.Placing;

/// <summary>For the doors through which orders come one by one. A body that cannot be read never gets to the endpoint, and is not counted.</summary>
internal static class RefusalCount
{
    public static RouteHandlerBuilder CountsRefusals(this RouteHandlerBuilder route) => route.AddEndpointFilter(async (context, next) =>
    {
        var refusals = context.HttpContext.RequestServices.GetRequiredService<RefusedOrders>();
        try
        {
            var answer = await next(context);
            if (answer is ProblemHttpResult refusal)
            {
                refusals.Count(refusal);
            }

            return answer;
        }
        catch (Exception fault)
        {
            refusals.Count(fault);
            throw;
        }
    });
}
