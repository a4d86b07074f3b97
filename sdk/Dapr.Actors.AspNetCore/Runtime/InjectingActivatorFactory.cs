using Dapr.Actors.Runtime;

namespace Dapr.Actors.AspNetCore.Runtime;

/// <summary>Gives every type an <see cref="InjectingActivator"/>.</summary>
internal sealed class InjectingActivatorFactory(IServiceProvider provider) : ActorActivatorFactory
{
    public override ActorActivator CreateActivator(ActorTypeInformation type) => new InjectingActivator(provider, type);
}
