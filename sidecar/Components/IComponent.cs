namespace Sidecar.Components;

internal interface IComponent : IAsyncDisposable
{
    /// <summary>Lives on a server, so that getting ready leaves nothing behind on this machine.</summary>
    bool IsRemote => false;

    /// <summary>Connects and prepares; throws <see cref="ComponentException"/> when the component cannot be used.</summary>
    Task InitAsync(CancellationToken cancellationToken);
}
