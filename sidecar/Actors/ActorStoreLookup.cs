using Sidecar.Components;
using Sidecar.Components.State;

namespace Sidecar.Actors;

/// <summary>The state store that actors use: the one marked <c>actorStateStore</c>.</summary>
internal static class ActorStoreLookup
{
    /// <summary>Throws <see cref="ActorException"/>, NotConfigured, when none is marked.</summary>
    public static LoadedComponent Find(ComponentRegistry components) => components.ActorStateStore ?? throw ActorException.NotConfigured();

    /// <summary>As <see cref="Find"/>, for what is kept key by key and found again. Throws <see cref="ActorException"/> also when the store cannot do that.</summary>
    /// <param name="what">For the words.</param>
    public static IStateStore ForSchedules(ComponentRegistry components, string what)
    {
        var component = Find(components);
        var store = (IStateStore)component.Instance;
        return store.Capabilities.HasFlag(StateCapabilities.Etag | StateCapabilities.KeysLike)
            ? store
            : throw new ActorException(
                ActorFault.Store,
                $"the state store '{component.Spec.Name}' ({component.Spec.Type}) cannot hold {what}: it must support ETags and listing its keys");
    }
}
