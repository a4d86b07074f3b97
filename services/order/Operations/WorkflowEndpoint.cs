using System.Text.Json;
using Dapr.Workflow;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Operations;

/// <summary>The saga of an order, as the workflow engine sees it.</summary>
internal static class WorkflowEndpoint
{
    public static void MapWorkflow(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/ops/workflows/{orderId}", HandleAsync).RequireOperator();

    internal static async Task<IResult> HandleAsync(string orderId, IDaprWorkflowClient workflows, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(orderId, "D", out _))
        {
            return NotFound(orderId);
        }

        var state = await workflows.GetWorkflowStateAsync(orderId, getInputsAndOutputs: true, cancellationToken);
        if (!state.Exists)
        {
            return NotFound(orderId);
        }

        JsonElement? output = state.IsWorkflowCompleted ? state.ReadOutputAs<JsonElement?>() : null;
        return TypedResults.Ok(new WorkflowView(
            orderId, state.WorkflowName ?? "", state.RuntimeStatus.ToString(), state.CreatedAt, state.LastUpdatedAt, output));
    }

    private static IResult NotFound(string orderId) => Problems.NotFound($"There is no workflow {orderId}.");
}
