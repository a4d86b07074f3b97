using Sidecar.Components.Bindings;
using Sidecar.Components.Configuration;
using Sidecar.Components.Lock;
using Sidecar.Components.PubSub;
using Sidecar.Components.Secrets;
using Sidecar.Components.State;

namespace Sidecar.Components;

/// <summary>A component that was initialised for this sidecar.</summary>
internal sealed record LoadedComponent(ComponentSpec Spec, IComponent Instance);

/// <summary>The components of one sidecar by name. Filled once before the servers listen, by several components that get ready at once.</summary>
internal sealed class ComponentRegistry
{
    private readonly Dictionary<string, LoadedComponent> _components = new(StringComparer.Ordinal);

    public IReadOnlyCollection<LoadedComponent> All => _components.Values;

    public void Add(LoadedComponent component)
    {
        lock (_components)
        {
            _components.Add(component.Spec.Name, component);
        }
    }

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

    public IEnumerable<(ComponentSpec Spec, IInputBinding Binding)> InputBindings =>
        from component in _components.Values
        where component.Instance is IInputBinding
        select (component.Spec, (IInputBinding)component.Instance);
}
