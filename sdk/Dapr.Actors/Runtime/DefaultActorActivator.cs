namespace Dapr.Actors.Runtime;

/// <summary>Makes actors whose constructor takes an <see cref="ActorHost"/> and nothing else.</summary>
public class DefaultActorActivator : ActorActivator
{
    /// <inheritdoc/>
    public override Task<ActorActivatorState> CreateAsync(ActorHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var actor = (Actor)Activator.CreateInstance(host.ActorTypeInfo.ImplementationType, host)!;
        return Task.FromResult(new ActorActivatorState(actor));
    }

    /// <summary>Disposes the instance when it can be disposed.</summary>
    public override async Task DeleteAsync(ActorActivatorState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Actor is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else if (state.Actor is IDisposable disposable)
        {
            disposable.Dispose();
        }
    }
}
