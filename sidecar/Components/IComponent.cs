namespace Sidecar.Components;

internal interface IComponent : IAsyncDisposable
{
    /// <summary>Connects and prepares; throws <see cref="ComponentException"/> when the component cannot be used.</summary>
    Task InitAsync(CancellationToken cancellationToken);
}
