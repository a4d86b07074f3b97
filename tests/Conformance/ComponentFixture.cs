using DaprShop.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;

namespace DaprShop.Tests;

/// <summary>
/// A process as the drivers see it: a folder, a clock and shared clients. Closing the shared clients and making new
/// ones is what a restarted process does.
/// </summary>
internal sealed class ComponentFixture
{
    private readonly List<IComponent> _components = [];
    private SharedClients _shared = new();

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("conformance-").FullName;

    public ManualClock ManualClock { get; } = new();

    public required bool UseManualClock { get; init; }

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    public async Task<T> StartAsync<T>(string type, string appId = "app", params (string Name, string Value)[] metadata)
        where T : class, IComponent
    {
        var errors = new List<string>();
        var component = Create(type, errors, appId, metadata) as T;

        Assert.Empty(errors);
        Assert.NotNull(component);
        await component.InitAsync(CancellationToken.None);
        _components.Add(component);
        return component;
    }

    public IComponent? Create(string type, ICollection<string> errors, string appId = "app", params (string Name, string Value)[] metadata)
    {
        var factory = ComponentCatalog.Find(type);
        Assert.NotNull(factory);
        // Of members given twice the last one counts, so that a test can change a driver's usual metadata.
        var members = metadata.GroupBy(item => item.Name).ToDictionary(group => group.Key, group => group.Last().Value);
        var spec = new ComponentSpec("component", type, "v1", members, false, TimeSpan.FromSeconds(5), "test.yaml");
        var context = new ComponentContext(
            appId, Directory, [Directory], UseManualClock ? ManualClock : TimeProvider.System, Loggers, _shared);
        return factory(spec, context, errors);
    }

    /// <summary>Closes everything in order; the folder stays.</summary>
    public async Task StopAsync()
    {
        foreach (var component in _components)
        {
            await component.DisposeAsync();
        }

        _components.Clear();
        await _shared.DisposeAsync();
        _shared = new SharedClients();
    }

    public async Task DeleteAsync()
    {
        await StopAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
