namespace Sidecar.Components.Bindings;

internal sealed record BindingEvent(ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata);

internal delegate Task BindingHandler(BindingEvent binding, CancellationToken cancellationToken);

internal interface IInputBinding : IComponent
{
    Task<IAsyncDisposable> StartAsync(BindingHandler handler, CancellationToken cancellationToken);
}
