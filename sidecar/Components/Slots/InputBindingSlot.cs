using Sidecar.Components.Bindings;

namespace Sidecar.Components.Slots;

/// <summary>What was started belongs to what it was started with; its owner starts another when that is replaced.</summary>
internal sealed class InputBindingSlot(string name, IInputBinding first) : ComponentSlot<IInputBinding>(name, first), IInputBinding
{
    public Task<IAsyncDisposable> StartAsync(BindingHandler handler, CancellationToken cancellationToken) =>
        UseAsync(binding => binding.StartAsync(handler, cancellationToken));
}
