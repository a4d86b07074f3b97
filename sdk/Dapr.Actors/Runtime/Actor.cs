#nullable disable
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>
/// The base of actor classes. The sidecar lets one turn at a time into an actor: a method call, a timer or a reminder. After a turn
/// that did not throw, changed state is stored; after one that did, it is forgotten.
/// </summary>
public abstract class Actor
{
    private readonly string _typeName;

    /// <summary>An instance on what the runtime provides.</summary>
    protected Actor(ActorHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        _typeName = host.ActorTypeInfo.ActorTypeName;
        Logger = host.LoggerFactory.CreateLogger(GetType());
        StateManager = new ActorStateManager(host);
    }

    /// <summary>A logger named after the class.</summary>
    protected ILogger Logger { get; }

    /// <summary>The actor's id.</summary>
    public ActorId Id => Host.Id;

    /// <summary>What the runtime provides.</summary>
    public ActorHost Host { get; }

    /// <summary>Makes proxies for other actors.</summary>
    public IActorProxyFactory ProxyFactory => Host.ProxyFactory;

    /// <summary>The actor's state.</summary>
    public IActorStateManager StateManager { get; protected set; }

    /// <summary>Stores changed state now instead of at the end of the turn.</summary>
    protected Task SaveStateAsync() => StateManager.SaveStateAsync();

    /// <summary>Runs before the first turn; state it sets is stored.</summary>
    protected virtual Task OnActivateAsync() => Task.CompletedTask;

    /// <summary>Runs before the instance ends; state it sets is not stored. A crash ends an instance without it.</summary>
    protected virtual Task OnDeactivateAsync() => Task.CompletedTask;

    /// <summary>Runs before each turn.</summary>
    protected virtual Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Runs after each turn that did not throw, before its state is stored.</summary>
    protected virtual Task OnPostActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Runs after each turn that threw, when its changes are forgotten.</summary>
    protected virtual Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e) => Task.CompletedTask;

    /// <summary>Sets a reminder, replacing one of the same name.</summary>
    /// <param name="reminderName">Unique within the actor.</param>
    /// <param name="state">Handed over when it fires.</param>
    /// <param name="dueTime">Time until it first fires.</param>
    /// <param name="period">Time between firings; one negative millisecond: it fires once.</param>
    /// <exception cref="DaprApiException">The sidecar refused.</exception>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        RegisterAsync(new ActorReminder(_typeName, Id, reminderName, state, dueTime, period));

    /// <summary>As above; the reminder ends after <paramref name="ttl"/>.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl) =>
        RegisterAsync(new ActorReminder(_typeName, Id, reminderName, state, dueTime, period, ttl));

    /// <summary>As above; the reminder ends after so many firings or after <paramref name="ttl"/>. The period must be whole seconds.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(
        string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period, int repetitions, TimeSpan ttl) =>
        RegisterAsync(new ActorReminder(_typeName, Id, reminderName, state, dueTime, period, repetitions, ttl));

    /// <summary>As above; the reminder ends after so many firings. The period must be whole seconds.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period, int repetitions) =>
        RegisterAsync(new ActorReminder(_typeName, Id, reminderName, state, dueTime, period, repetitions));

    /// <summary>Finds a reminder of this actor.</summary>
    /// <exception cref="DaprApiException">There is none (<c>ERR_ACTOR_REMINDER_NOT_FOUND</c>), or the sidecar refused.</exception>
    protected Task<IActorReminder> GetReminderAsync(string reminderName) =>
        Host.TimerManager.GetReminderAsync(new ActorReminderToken(_typeName, Id, reminderName));

    /// <summary>Removes a reminder; there need not be one.</summary>
    protected Task UnregisterReminderAsync(IActorReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return UnregisterReminderAsync(reminder.Name);
    }

    /// <summary>Removes a reminder; there need not be one.</summary>
    protected Task UnregisterReminderAsync(string reminderName) =>
        Host.TimerManager.UnregisterReminderAsync(new ActorReminderToken(_typeName, Id, reminderName));

    /// <summary>Sets a timer, replacing one of the same name.</summary>
    /// <param name="timerName">Unique within the actor; null or empty for one that is made up.</param>
    /// <param name="callback">Name of a method of this class that answers <see cref="Task"/> and takes nothing or a byte array.</param>
    /// <param name="callbackParams">What the method is given; null for nothing.</param>
    /// <param name="dueTime">Time until it first fires.</param>
    /// <param name="period">Time between the end of a firing and the next; one negative millisecond: it fires once.</param>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    /// <exception cref="DaprApiException">The sidecar refused.</exception>
    public Task<ActorTimer> RegisterTimerAsync(string timerName, string callback, byte[] callbackParams, TimeSpan dueTime, TimeSpan period) =>
        RegisterAsync(new ActorTimer(_typeName, Id, NameOrNew(timerName), callback, callbackParams, dueTime, period));

    /// <summary>As above; the timer ends after <paramref name="ttl"/>.</summary>
    public Task<ActorTimer> RegisterTimerAsync(
        string timerName, string callback, byte[] callbackParams, TimeSpan dueTime, TimeSpan period, TimeSpan ttl) =>
        RegisterAsync(new ActorTimer(_typeName, Id, NameOrNew(timerName), callback, callbackParams, dueTime, period, ttl));

    /// <summary>Removes a timer; there need not be one.</summary>
    protected Task UnregisterTimerAsync(ActorTimer timer) => Host.TimerManager.UnregisterTimerAsync(timer);

    /// <summary>Removes a timer; there need not be one.</summary>
    protected Task UnregisterTimerAsync(string timerName) =>
        Host.TimerManager.UnregisterTimerAsync(new ActorTimerToken(_typeName, Id, timerName));

    internal async Task ActivateAsync()
    {
        await StateManager.ClearCacheAsync();
        await OnActivateAsync();
        await SaveStateAsync();
    }

    internal async Task DeactivateAsync()
    {
        await StateManager.ClearCacheAsync();
        await OnDeactivateAsync();
    }

    /// <summary>One turn: what surrounds it, and what becomes of the state.</summary>
    internal async Task<T> TakeTurnAsync<T>(ActorMethodContext context, Func<Task<T>> turn)
    {
        try
        {
            await OnPreActorMethodAsync(context);
            var result = await turn();
            await OnPostActorMethodAsync(context);
            await SaveStateAsync();
            return result;
        }
        catch (Exception failure)
        {
            await StateManager.ClearCacheAsync();
            await OnActorMethodFailedAsync(context, failure);
            throw;
        }
    }

    private string NameOrNew(string timerName) => string.IsNullOrEmpty(timerName) ? $"{Id}_Timer_{FreshNames.Next()}" : timerName;

    private async Task<IActorReminder> RegisterAsync(ActorReminder reminder)
    {
        await Host.TimerManager.RegisterReminderAsync(reminder);
        return reminder;
    }

    private async Task<ActorTimer> RegisterAsync(ActorTimer timer)
    {
        TimerCallback.Find(GetType(), timer.TimerCallback);
        await Host.TimerManager.RegisterTimerAsync(timer);
        return timer;
    }
}
