using Dapr.Actors.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Actors.AspNetCore.Runtime;

/// <summary>Makes actors by dependency injection, each in a scope that lives as long as the instance.</summary>
internal sealed class InjectingActivator : ActorActivator
{
    private readonly IServiceProvider _provider;
    private readonly ObjectFactory _make;

    public InjectingActivator(IServiceProvider provider, ActorTypeInformation type)
    {
        _provider = provider;
        _make = ActivatorUtilities.CreateFactory(type.ImplementationType, [typeof(ActorHost)]);
    }

    public override async Task<ActorActivatorState> CreateAsync(ActorHost host)
    {
        var scope = _provider.CreateAsyncScope();
        try
        {
            return new ScopedState((Actor)_make(scope.ServiceProvider, [host]), scope);
        }
        catch
        {
            await scope.DisposeAsync();
            throw;
        }
    }

    public override async Task DeleteAsync(ActorActivatorState state)
    {
        // The container has not made the actor itself, so it does not dispose it either.
        try
        {
            await new DefaultActorActivator().DeleteAsync(state);
        }
        finally
        {
            await ((ScopedState)state).Scope.DisposeAsync();
        }
    }

    private sealed class ScopedState(Actor actor, AsyncServiceScope scope) : ActorActivatorState(actor)
    {
        public AsyncServiceScope Scope { get; } = scope;
    }
}
