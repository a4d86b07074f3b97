using Sidecar.Components.Bindings;
using Sidecar.Components.Configuration;
using Sidecar.Components.Lock;
using Sidecar.Components.Middleware;
using Sidecar.Components.PubSub;
using Sidecar.Components.Secrets;
using Sidecar.Components.State;

namespace Sidecar.Components.Slots;

internal static class ComponentSlots
{
    public static IComponentSlot Of(string name, IComponent component) => component switch
    {
        IStateStore store => new StateSlot(name, store),
        IPubSub pubSub => new PubSubSlot(name, pubSub),
        ILockStore store => new LockSlot(name, store),
        IConfigurationStore store => new ConfigurationSlot(name, store),
        ISecretStore store => new SecretSlot(name, store),
        IInputBinding binding => new InputBindingSlot(name, binding),
        IOutputBinding binding => new OutputBindingSlot(name, binding),
        IHttpMiddleware middleware => new MiddlewareSlot(name, middleware),
        _ => throw new ArgumentException($"component {name} is of no kind that a sidecar uses", nameof(component)),
    };
}
