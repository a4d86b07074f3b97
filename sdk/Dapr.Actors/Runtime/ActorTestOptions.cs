using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Actors.Runtime;

/// <summary>What an actor made in a unit test works with. Timers and proxies refuse to work unless the test brings its own.</summary>
public sealed class ActorTestOptions
{
    /// <summary>The actor's id; a random one unless given.</summary>
    public ActorId ActorId { get; set; } = ActorId.CreateRandom();

    /// <summary>Where its logs go; nowhere unless given.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>JSON settings; the web defaults unless replaced.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>What makes proxies.</summary>
    public IActorProxyFactory ProxyFactory { get; set; } = new MissingProxyFactory();

    /// <summary>Where reminders and timers go.</summary>
    public ActorTimerManager TimerManager { get; set; } = new MissingTimers();

    private static InvalidOperationException Missing(string option) =>
        new($"An actor made for a test has no sidecar. Set ActorTestOptions.{option} to something the test provides.");

    private sealed class MissingProxyFactory : IActorProxyFactory
    {
        public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
            where TActorInterface : IActor =>
            throw Missing(nameof(ProxyFactory));

        public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
            throw Missing(nameof(ProxyFactory));

        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw Missing(nameof(ProxyFactory));
    }

    private sealed class MissingTimers : ActorTimerManager
    {
        public override Task RegisterReminderAsync(ActorReminder reminder) => throw Missing(nameof(TimerManager));

        public override Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder) => throw Missing(nameof(TimerManager));

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => throw Missing(nameof(TimerManager));

        public override Task RegisterTimerAsync(ActorTimer timer) => throw Missing(nameof(TimerManager));

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => throw Missing(nameof(TimerManager));
    }
}
