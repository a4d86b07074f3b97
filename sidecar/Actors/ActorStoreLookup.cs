using Sidecar.Components;

namespace Sidecar.Actors;

/// <summary>The state store that actors use: the one marked <c>actorStateStore</c>.</summary>
internal static class ActorStoreLookup
{
    /// <summary>Throws <see cref="ActorException"/>, NotConfigured, when none is marked.</summary>
    public static LoadedComponent Find(ComponentRegistry components) => components.ActorStateStore ?? throw ActorException.NotConfigured();
}
