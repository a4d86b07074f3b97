#nullable disable
using Dapr.Actors.Communication;

namespace Dapr.Actors.Client;

/// <summary>Makes proxies for the actors behind one sidecar.</summary>
public class ActorProxyFactory : IActorProxyFactory
{
    private readonly HttpMessageHandler _handler;
    private ActorProxyOptions _defaultOptions;

    /// <summary>A factory with options for the proxies that are made without.</summary>
    /// <param name="options">Null: the sidecar that the environment names.</param>
    /// <param name="handler">What sends the calls; null: connections that all factories share.</param>
    public ActorProxyFactory(ActorProxyOptions options = null, HttpMessageHandler handler = null)
    {
        _defaultOptions = options ?? new ActorProxyOptions();
        _handler = handler;
    }

    /// <summary>Options of the proxies that are made without.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public ActorProxyOptions DefaultOptions
    {
        get => _defaultOptions;
        set => _defaultOptions = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <inheritdoc/>
    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions options = null)
        where TActorInterface : IActor =>
        (TActorInterface)CreateActorProxy(actorId, typeof(TActorInterface), actorType, options);

    /// <inheritdoc/>
    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions options = null)
    {
        Demand(actorId, actorType);
        ArgumentNullException.ThrowIfNull(actorInterfaceType);
        options ??= _defaultOptions;
        if (!options.UseJsonSerialization)
        {
            throw new NotSupportedException(
                $"A proxy for {actorInterfaceType.Name} would speak binary XML, which this SDK does not have. Set UseJsonSerialization in the "
                + "ActorProxyOptions and in the ActorRuntimeOptions of the host, or call methods by name through ActorProxy.Create(actorId, actorType).");
        }

        return RemotingProxy.Create(ActorInterface.Of(actorInterfaceType), new ActorProxy(actorId, actorType, SidecarOf(options), options.JsonSerializerOptions));
    }

    /// <inheritdoc/>
    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions options = null)
    {
        Demand(actorId, actorType);
        options ??= _defaultOptions;
        return new ActorProxy(actorId, actorType, SidecarOf(options), options.JsonSerializerOptions);
    }

    private ActorSidecar SidecarOf(ActorProxyOptions options) =>
        new(options.HttpEndpoint, options.DaprApiToken, options.RequestTimeout, _handler);

    private static void Demand(ActorId actorId, string actorType)
    {
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentException.ThrowIfNullOrEmpty(actorType);
    }
}
