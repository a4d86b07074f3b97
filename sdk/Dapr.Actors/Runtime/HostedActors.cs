using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Communication;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>
/// The active actors of one type, and the turns they take. The sidecar sees to it that one turn at a time enters an actor and that a
/// deactivation is none; nothing here locks.
/// </summary>
internal sealed partial class HostedActors
{
    private const string ReminderMethod = nameof(IRemindable.ReceiveReminderAsync);

    private readonly ConcurrentDictionary<string, ActorActivatorState> _active = new(StringComparer.Ordinal);
    private readonly Dictionary<int, ActorInterface> _interfaces;
    private readonly Dictionary<string, ActorMethod> _methods = new(StringComparer.Ordinal);
    private readonly ActorTypeInformation _type;
    private readonly ActorActivator _activator;
    private readonly ActorRuntimeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly IActorProxyFactory _proxies;
    private readonly ActorSidecar _sidecar;
    private readonly SidecarTimers _timers;
    private readonly TimeProvider _clock;

    public HostedActors(
        ActorTypeInformation type,
        ActorActivator activator,
        ActorRuntimeOptions options,
        ILoggerFactory loggers,
        IActorProxyFactory proxies,
        ActorSidecar sidecar,
        TimeProvider clock)
    {
        (_type, _activator, _options, _loggers, _proxies, _sidecar, _clock) = (type, activator, options, loggers, proxies, sidecar, clock);
        _logger = loggers.CreateLogger<HostedActors>();
        _timers = new SidecarTimers(sidecar);
        _interfaces = type.InterfaceTypes.Select(ActorInterface.Of).ToDictionary(contract => contract.Id);
        foreach (var method in _interfaces.Values.SelectMany(contract => contract.Methods).DistinctBy(method => method.Info))
        {
            if (!_methods.TryAdd(method.Name, method))
            {
                throw new ArgumentException(
                    $"{type.ImplementationType.FullName} has two interfaces with a method {method.Name}, and methods are called by name.", nameof(type));
            }
        }
    }

    /// <summary>Calls a method with plain JSON; null when it has no result.</summary>
    public Task<byte[]?> InvokeAsync(ActorId id, string methodName, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var method = _methods.GetValueOrDefault(methodName)
            ?? throw new MissingMethodException($"The actor type {_type.ActorTypeName} has no method {methodName}.");
        if (method.Parameters.Count > 1)
        {
            throw new ArgumentException(
                $"The method {methodName} takes {method.Parameters.Count} arguments, and by name only one can be given: call it through a strongly typed proxy.");
        }

        return TurnAsync(id, new ActorMethodContext(methodName, ActorCallType.ActorInterfaceMethod), async actor =>
        {
            object?[] arguments = method.Parameters.Count == 0 ? [] : [JsonSerializer.Deserialize(body.Span, method.Parameters[0].ParameterType, _options.JsonSerializerOptions)];
            var result = await CallAsync(actor, method, arguments, cancellationToken);
            return method.ResultType is { } type ? JsonSerializer.SerializeToUtf8Bytes(result, type, _options.JsonSerializerOptions) : null;
        });
    }

    /// <summary>Calls a method for a strongly typed proxy; null when it has no result.</summary>
    public Task<byte[]?> InvokeRemotelyAsync(
        ActorId id, string methodName, string header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (!_options.UseJsonSerialization)
        {
            throw new NotSupportedException(
                "A strongly typed proxy called, and its binary XML is not understood here: set UseJsonSerialization in the ActorRuntimeOptions of this host and in the caller's ActorProxyOptions.");
        }

        var call = RemotingHeader.Read(header);
        var contract = _interfaces.GetValueOrDefault(call.InterfaceId)
            ?? throw new MissingMethodException($"The actor type {_type.ActorTypeName} has no interface of the number {call.InterfaceId}: caller and host may have different versions of it.");
        var method = contract.Method(methodName);
        return TurnAsync(id, new ActorMethodContext(methodName, ActorCallType.ActorInterfaceMethod), async actor =>
        {
            var arguments = RemotingBody.ReadArguments(body, method.Parameters, _options.JsonSerializerOptions);
            var result = await CallAsync(actor, method, arguments, cancellationToken);
            return method.ResultType is { } type ? RemotingBody.WriteResult(result, type, _options.JsonSerializerOptions) : null;
        });
    }

    public async Task RemindAsync(ActorId id, string name, ReadOnlyMemory<byte> body)
    {
        if (!_type.IsRemindable)
        {
            LogNotRemindable(_logger, _type.ActorTypeName, id, name);
            return;
        }

        var reminder = ScheduleBody.Read(body);
        await TurnAsync(id, new ActorMethodContext(ReminderMethod, ActorCallType.ReminderMethod), async actor =>
        {
            await ((IRemindable)actor).ReceiveReminderAsync(name, reminder.Data, reminder.DueTime, reminder.Period);
            return true;
        });
    }

    /// <summary>What the callback answered; false when it answers nothing.</summary>
    public Task<bool> FireAsync(ActorId id, ReadOnlyMemory<byte> body)
    {
        var timer = ScheduleBody.Read(body);
        return TurnAsync(
            id, new ActorMethodContext(timer.Callback ?? "", ActorCallType.TimerMethod), actor => TimerCallback.InvokeAsync(actor, timer));
    }

    /// <summary>Ends the instance, if there is one.</summary>
    public async Task DeactivateAsync(ActorId id)
    {
        if (_active.TryRemove(id.GetId(), out var state))
        {
            await EndAsync(state);
        }
    }

    private async Task<T> TurnAsync<T>(ActorId id, ActorMethodContext context, Func<Actor, Task<T>> turn)
    {
        var actor = _active.TryGetValue(id.GetId(), out var state) ? state.Actor : await ActivateAsync(id);
        if (ReentrancyChain.Current is not null && actor.StateManager is ActorStateManager memory)
        {
            memory.BeginChain();
        }

        return await actor.TakeTurnAsync(context, () => turn(actor));
    }

    private static async Task<object?> CallAsync(Actor actor, ActorMethod method, object?[] arguments, CancellationToken cancellationToken)
    {
        object?[] all = method.TakesCancellation ? [.. arguments, cancellationToken] : arguments;
        var task = (Task)method.Info.Invoke(actor, BindingFlags.DoNotWrapExceptions, binder: null, all, culture: null)!;
        await task;
        return method.ResultType is null ? null : task.GetType().GetProperty(nameof(Task<object>.Result))!.GetValue(task);
    }

    private async Task<Actor> ActivateAsync(ActorId id)
    {
        var host = new ActorHost(_type, id, _options.JsonSerializerOptions, _loggers, _proxies, _timers)
        {
            StateStore = new ActorStateStore(_sidecar, _type.ActorTypeName, id, _options.JsonSerializerOptions, _clock),
            Clock = _clock,
        };
        var made = await _activator.CreateAsync(host);
        try
        {
            await made.Actor.ActivateAsync();
        }
        catch
        {
            await _activator.DeleteAsync(made);
            throw;
        }

        var kept = _active.GetOrAdd(id.GetId(), made);
        if (kept != made)
        {
            // Two first turns at once, which only a chain of calls can make: the other instance has turns already.
            await EndAsync(made);
        }

        return kept.Actor;
    }

    private async Task EndAsync(ActorActivatorState state)
    {
        try
        {
            await state.Actor.DeactivateAsync();
        }
        finally
        {
            await _activator.DeleteAsync(state);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The reminder {Reminder} of the actor {ActorType} {ActorId} fired into nothing: its class is not IRemindable")]
    private static partial void LogNotRemindable(ILogger logger, string actorType, ActorId actorId, string reminder);
}
