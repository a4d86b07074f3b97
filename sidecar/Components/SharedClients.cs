using System.Collections.Concurrent;

namespace Sidecar.Components;

/// <summary>
/// Clients that every sidecar of this process shares, such as the one writer of a database file. The launcher
/// hosts one sidecar per app: without this, seven of them would queue for the same file lock.
/// </summary>
internal sealed class SharedClients : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<IAsyncDisposable>> _clients = new();

    public T GetOrAdd<T>(string key, Func<T> create)
        where T : class, IAsyncDisposable =>
        (T)_clients.GetOrAdd($"{typeof(T).FullName}|{key}", _ => new Lazy<IAsyncDisposable>(create)).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values.Where(client => client.IsValueCreated))
        {
            await client.Value.DisposeAsync();
        }
    }
}
