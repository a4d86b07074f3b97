#nullable disable
using System.Text.Json;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Client;

/// <summary>
/// Calls the methods of one actor by name. Argument and result are JSON, one argument at most, so the actor may be written in any
/// language. A method that throws is a <see cref="DaprApiException"/> here; a sidecar that does not answer an
/// <see cref="HttpRequestException"/>.
/// </summary>
public class ActorProxy : IActorProxy
{
    private readonly JsonSerializerOptions _json;

    /// <summary>For derived classes, whose proxies cannot call anything.</summary>
    protected ActorProxy()
    {
    }

    internal ActorProxy(ActorId actorId, string actorType, ActorSidecar sidecar, JsonSerializerOptions json)
    {
        ActorId = actorId;
        ActorType = actorType;
        Sidecar = sidecar;
        _json = json;
    }

    /// <summary>The factory behind the static methods: the sidecar that the environment names.</summary>
    public static IActorProxyFactory DefaultProxyFactory { get; } = new ActorProxyFactory();

    /// <inheritdoc/>
    public ActorId ActorId { get; }

    /// <inheritdoc/>
    public string ActorType { get; }

    internal ActorSidecar Sidecar { get; }

    internal JsonSerializerOptions Json => _json;

    /// <summary>A proxy that has the methods of the interface.</summary>
    /// <exception cref="NotSupportedException"><see cref="ActorProxyOptions.UseJsonSerialization"/> is not set.</exception>
    public static TActorInterface Create<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions options = null)
        where TActorInterface : IActor =>
        DefaultProxyFactory.CreateActorProxy<TActorInterface>(actorId, actorType, options);

    /// <summary>A proxy that has the methods of an interface known at run time only.</summary>
    /// <exception cref="NotSupportedException"><see cref="ActorProxyOptions.UseJsonSerialization"/> is not set.</exception>
    public static object Create(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions options = null) =>
        DefaultProxyFactory.CreateActorProxy(actorId, actorInterfaceType, actorType, options);

    /// <summary>A proxy that calls methods by name.</summary>
    public static ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions options = null) =>
        DefaultProxyFactory.Create(actorId, actorType, options);

    /// <summary>Calls a method that takes an argument and has a result; an answer without a body is the type's default.</summary>
    /// <exception cref="DaprApiException">The actor or the sidecar refused.</exception>
    /// <exception cref="JsonException">The result does not fit its type.</exception>
    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        Read<TResponse>(await CallAsync(method, JsonSerializer.SerializeToUtf8Bytes(data, _json), cancellationToken));

    /// <summary>Calls a method that takes an argument.</summary>
    /// <exception cref="DaprApiException">The actor or the sidecar refused.</exception>
    public Task InvokeMethodAsync<TRequest>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        CallAsync(method, JsonSerializer.SerializeToUtf8Bytes(data, _json), cancellationToken);

    /// <summary>Calls a method that has a result; an answer without a body is the type's default.</summary>
    /// <exception cref="DaprApiException">The actor or the sidecar refused.</exception>
    /// <exception cref="JsonException">The result does not fit its type.</exception>
    public async Task<TResponse> InvokeMethodAsync<TResponse>(string method, CancellationToken cancellationToken = default) =>
        Read<TResponse>(await CallAsync(method, null, cancellationToken));

    /// <summary>Calls a method that takes and answers nothing.</summary>
    /// <exception cref="DaprApiException">The actor or the sidecar refused.</exception>
    public Task InvokeMethodAsync(string method, CancellationToken cancellationToken = default) =>
        CallAsync(method, null, cancellationToken);

    private Task<byte[]> CallAsync(string method, byte[] body, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        var sidecar = Sidecar ?? throw new InvalidOperationException("This proxy was not made by a factory and has no sidecar to call.");
        return sidecar.InvokeAsync(ActorType, ActorId, method, body, cancellationToken);
    }

    private TResponse Read<TResponse>(byte[] body) => body.Length == 0 ? default : JsonSerializer.Deserialize<TResponse>(body, _json);
}
