using Dapr.Workflow;

namespace DaprShop.Tests.Workflow;

internal sealed record Parcel(string Id, string[] Items);

/// <summary>
/// The workflow whose histories are recorded beside this file. They are what running instances look like, so this code must
/// never change in a way that breaks them.
/// </summary>
internal sealed class ParcelWorkflow : Workflow<Parcel, string>
{
    private static readonly WorkflowTaskOptions Retried = new(new WorkflowRetryPolicy(3, TimeSpan.FromSeconds(2), backoffCoefficient: 2));

    public override async Task<string> RunAsync(WorkflowContext context, Parcel input)
    {
        context.SetCustomStatus("packing");
        var weights = await Task.WhenAll(input.Items.Select(item => context.CallActivityAsync<int>("Weigh", item)));
        var label = await context.CallActivityAsync<string>("PrintLabel", new { input.Id, Weight = weights.Sum(), Nonce = context.NewGuid() }, Retried);
        context.SetCustomStatus("waiting");
        try
        {
            var signature = await context.WaitForExternalEventAsync<string>("Collected", TimeSpan.FromHours(1));
            await context.CreateTimer(TimeSpan.FromMinutes(10));
            var route = await context.CallChildWorkflowAsync<string>("Deliver", label);
            var note = await context.WaitForExternalEventAsync<string>("Received");
            return $"{label} by {signature} via {route}: {note}";
        }
        catch (TaskCanceledException)
        {
            await context.CallActivityAsync("Unpack", weights.Sum());
            return "not collected";
        }
    }
}
