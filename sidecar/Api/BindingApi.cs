using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Http;
using Sidecar.Http.Errors;
using Sidecar.Metrics;

namespace Sidecar.Api;

/// <summary>Invoking output bindings, for both protocols (dapr-contract.md 9.3).</summary>
internal sealed class BindingApi(ComponentRegistry components, ComponentCalls calls)
{
    /// <summary>An unknown binding, an absent or unsupported operation and whatever the system behind it refuses are errors.</summary>
    public async Task<ApiAnswer<BindingReply>> InvokeAsync(string name, BindingInvocation invocation, CancellationToken cancellationToken)
    {
        if (components.Find<IOutputBinding>(name) is not { } binding)
        {
            return Refuse(name, $"couldn't find output binding {name}");
        }

        if (invocation.Operation.Length == 0)
        {
            return Refuse(name, "operation field is missing from request");
        }

        if (!binding.Operations.Contains(invocation.Operation))
        {
            return Refuse(name, $"binding {name} does not support operation {invocation.Operation}. supported operations:{string.Join(' ', binding.Operations)}");
        }

        var answer = await calls.RunAsync(ComponentOperation.OutputBinding(invocation.Operation), name, token => binding.InvokeAsync(invocation, token), cancellationToken);
        return answer.Fault is { } fault ? Refuse(name, fault.Message) : new ApiAnswer<BindingReply>(answer.Value, null);
    }

    private static ApiAnswer<BindingReply> Refuse(string name, string why) => ApiAnswer<BindingReply>.Failed(BindingErrors.Invoke(name, why));
}
