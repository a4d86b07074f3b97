using Sidecar.Components.Bindings;
using Sidecar.Components.Configuration;
using Sidecar.Components.Lock;
using Sidecar.Components.PubSub;
using Sidecar.Components.Secrets;
using Sidecar.Components.State;

namespace Sidecar.Components;

/// <summary>A component that was initialised for this sidecar.</summary>
internal sealed record LoadedComponent(ComponentSpec Spec, IComponent Instance);

/// <summary>The components of one sidecar by name. Filled before the servers listen; hot reload changes it while calls read it.</summary>
internal sealed class ComponentRegistry
{
    private readonly System.Threading.Lock _gate = new();

    // Never changed, only replaced: whoever reads has one moment's components.
    private volatile Dictionary<string, LoadedComponent> _components = new(StringComparer.Ordinal);

    public IReadOnlyCollection<LoadedComponent> All => _components.Values;

    public void Add(LoadedComponent component) => Change(components => components.Add(component.Spec.Name, component));

    /// <summary>In place of the one with its name, if there is one.</summary>
    public void Put(LoadedComponent component) => Change(components => components[component.Spec.Name] = component);

    public void Remove(string name) => Change(components => components.Remove(name));

    public LoadedComponent? Find(string name) => _components.GetValueOrDefault(name);

    public T? Find<T>(string name)
        where T : class, IComponent => Find(name)?.Instance as T;

    public bool HasAny<T>()
        where T : IComponent => _components.Values.Any(component => component.Instance is T);

    /// <summary>The state store marked for actors and workflows; null when none is.</summary>
    public LoadedComponent? ActorStateStore => All.FirstOrDefault(component => component.Instance is IStateStore && component.Spec.Metadata.Any(entry =>
        entry.Key.Equals("actorStateStore", StringComparison.OrdinalIgnoreCase) && entry.Value.Equals("true", StringComparison.OrdinalIgnoreCase)));

    public IStateStore? State(string name) => Find<IStateStore>(name);

    public IPubSub? PubSub(string name) => Find<IPubSub>(name);

    public ILockStore? Lock(string name) => Find<ILockStore>(name);

    public IConfigurationStore? Configuration(string name) => Find<IConfigurationStore>(name);

    public ISecretStore? Secrets(string name) => Find<ISecretStore>(name);

    private void Change(Action<Dictionary<string, LoadedComponent>> change)
    {
        lock (_gate)
        {
            var next = new Dictionary<string, LoadedComponent>(_components, StringComparer.Ordinal);
            change(next);
            _components = next;
        }
    }
}
