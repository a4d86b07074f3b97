using System.Collections.Concurrent;
using System.Reflection;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Client;

/// <summary>Stands behind every strongly typed proxy: turns a call of the interface's method into a call to the sidecar.</summary>
internal class RemotingProxy : DispatchProxy, IActorProxy
{
    private static readonly MethodInfo WithResult = typeof(RemotingProxy).GetMethod(nameof(InvokeWithResultAsync), BindingFlags.NonPublic | BindingFlags.Instance)!;

    // By result type: a task of a type that is known at run time only takes reflection to make.
    private static readonly ConcurrentDictionary<Type, MethodInfo> Invokers = new();

    private ActorInterface _interface = null!;
    private ActorProxy _target = null!;

    public ActorId ActorId => _target.ActorId;

    public string ActorType => _target.ActorType;

    public static object Create(ActorInterface contract, ActorProxy target)
    {
        var proxy = (RemotingProxy)Create(contract.Type, typeof(RemotingProxy));
        proxy._interface = contract;
        proxy._target = target;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = _interface.Method(targetMethod!.Name);
        var arguments = args ?? [];
        if (method.ResultType is not { } result)
        {
            return InvokeAsync(method, arguments);
        }

        return Invokers.GetOrAdd(result, static type => WithResult.MakeGenericMethod(type))
            .Invoke(this, BindingFlags.DoNotWrapExceptions, binder: null, [method, arguments], culture: null);
    }

    private async Task<T?> InvokeWithResultAsync<T>(ActorMethod method, object?[] arguments)
    {
        var body = await InvokeAsync(method, arguments);
        return (T?)RemotingBody.ReadResult(body, typeof(T), _target.Json);
    }

    private Task<byte[]> InvokeAsync(ActorMethod method, object?[] arguments)
    {
        var cancellation = method.TakesCancellation ? (CancellationToken)arguments[^1]! : CancellationToken.None;
        var body = method.Parameters.Count == 0 ? null : RemotingBody.WriteArguments(method.Parameters, arguments, _target.Json);
        var header = RemotingHeader.Write(new RemotingCall(method.InterfaceId, method.Id, method.Name, _target.ActorType, _target.ActorId.GetId()));
        return _target.Sidecar.InvokeRemotelyAsync(_target.ActorType, _target.ActorId, method.Name, header, body, cancellation);
    }
}
