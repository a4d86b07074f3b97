using Sidecar.Components.Bindings;

namespace Sidecar.Components.Slots;

internal sealed class OutputBindingSlot(string name, IOutputBinding first) : ComponentSlot<IOutputBinding>(name, first), IOutputBinding
{
    public IReadOnlyList<string> Operations => Current.Operations;

    public Task<BindingReply?> InvokeAsync(BindingInvocation invocation, CancellationToken cancellationToken) =>
        UseAsync(binding => binding.InvokeAsync(invocation, cancellationToken));
}
