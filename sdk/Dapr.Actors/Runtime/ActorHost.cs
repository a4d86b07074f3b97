#nullable disable
using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime gives to an actor instance.</summary>
public sealed class ActorHost
{
    internal ActorHost(
        ActorTypeInformation actorTypeInfo,
        ActorId id,
        JsonSerializerOptions jsonSerializerOptions,
        ILoggerFactory loggerFactory,
        IActorProxyFactory proxyFactory,
        ActorTimerManager timerManager)
    {
        ActorTypeInfo = actorTypeInfo;
        Id = id;
        JsonSerializerOptions = jsonSerializerOptions;
        LoggerFactory = loggerFactory;
        ProxyFactory = proxyFactory;
        TimerManager = timerManager;
    }

    /// <summary>The actor's type.</summary>
    public ActorTypeInformation ActorTypeInfo { get; }

    /// <summary>The actor's id.</summary>
    public ActorId Id { get; }

    /// <summary>Where its logs go.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>JSON settings of its state, arguments and results.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>Makes proxies for other actors.</summary>
    public IActorProxyFactory ProxyFactory { get; }

    /// <summary>Where its reminders and timers go.</summary>
    public ActorTimerManager TimerManager { get; }

    /// <summary>Null in unit tests: there is no store then.</summary>
    internal ActorStateStore StateStore { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>A host for an actor made in a unit test.</summary>
    public static ActorHost CreateForTest<TActor>(ActorTestOptions options = null)
        where TActor : Actor =>
        CreateForTest(typeof(TActor), actorTypeName: null, options);

    /// <summary>A host for an actor made in a unit test, under this type name.</summary>
    public static ActorHost CreateForTest<TActor>(string actorTypeName, ActorTestOptions options = null)
        where TActor : Actor =>
        CreateForTest(typeof(TActor), actorTypeName, options);

    /// <summary>A host for an actor made in a unit test.</summary>
    public static ActorHost CreateForTest(Type actorType, ActorTestOptions options = null) =>
        CreateForTest(actorType, actorTypeName: null, options);

    /// <summary>A host for an actor made in a unit test, under this type name.</summary>
    public static ActorHost CreateForTest(Type actorType, string actorTypeName, ActorTestOptions options = null)
    {
        options ??= new ActorTestOptions();
        return new ActorHost(
            ActorTypeInformation.Get(actorType, actorTypeName),
            options.ActorId,
            options.JsonSerializerOptions,
            options.LoggerFactory,
            options.ProxyFactory,
            options.TimerManager);
    }
}
