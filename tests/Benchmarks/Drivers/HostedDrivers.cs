using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>Drivers of the sidecar in this process, made from their metadata as the sidecar makes them.</summary>
internal sealed class HostedDrivers : IAsyncDisposable
{
    private readonly SharedClients _shared = new();
    private readonly List<IComponent> _components = [];

    public async Task<T> StartAsync<T>(string type, params (string Name, string Value)[] metadata)
        where T : class, IComponent
    {
        var errors = new List<string>();
        var spec = new ComponentSpec("component", type, "v1", metadata.ToDictionary(), false, TimeSpan.FromSeconds(30), "bench.yaml");
        var context = new ComponentContext("bench", Path.GetTempPath(), [], TimeProvider.System, NullLoggerFactory.Instance, _shared);
        var component = ComponentCatalog.Find(type)!(spec, context, errors) as T
            ?? throw new InvalidOperationException($"{type}: {string.Join("; ", errors)}");
        await component.InitAsync(CancellationToken.None);
        _components.Add(component);
        return component;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var component in _components)
        {
            await component.DisposeAsync();
        }

        await _shared.DisposeAsync();
    }
}
