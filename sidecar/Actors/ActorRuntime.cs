using System.Text.Json;
using Sidecar.Actors.Hosting;
using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;
using Sidecar.Components;
using Sidecar.Host;

namespace Sidecar.Actors;

internal enum ActorRuntimeStatus
{
    /// <summary>The app has not said yet what it hosts.</summary>
    Initializing,

    /// <summary>There is no state store for actors.</summary>
    Disabled,
    Running,
}

/// <summary>
/// This sidecar as a host of actors: asks the app what it hosts, joins the placement with it and leaves it, drained, when
/// the app turns unhealthy or the sidecar stops.
/// </summary>
internal sealed partial class ActorRuntime(
    SidecarOptions options,
    ComponentRegistry components,
    ActorApp app,
    AppHealth health,
    ActiveActors actors,
    ReminderStore store,
    ReminderSchedule schedule,
    IActorPlacement placement,
    TimeProvider clock,
    ILogger<ActorRuntime> logger) : IAppLifecycle, ILocalActorHost
{
    private volatile bool _isRegistered;
    private volatile bool _isClosed;
    private volatile IReadOnlyCollection<string> _unusable = [];

    public string HostId { get; private set; } = RandomId.NewUuid();

    public ActorRuntimeStatus Status => components.ActorStateStore is null ? ActorRuntimeStatus.Disabled
        : options.AppPort is not null && !_isRegistered ? ActorRuntimeStatus.Initializing
        : ActorRuntimeStatus.Running;

    /// <summary>The hosted types with the number of their active actors.</summary>
    public IReadOnlyList<(string Type, int Count)> Counts => actors.Counts;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _isClosed = false;
        var types = await TypesAsync(cancellationToken);
        if (components.ActorStateStore is null && types.Count > 0)
        {
            LogNoStore(logger, string.Join(", ", types.Keys));
            _unusable = [.. types.Keys];
        }
        else if (types.Count > 0)
        {
            HostId = RandomId.NewUuid();
            actors.Host(types);
            schedule.Start([.. types.Keys]);
            await placement.JoinAsync(this, [.. types.Keys], cancellationToken);
            LogHosting(logger, string.Join(", ", types.Keys));
        }

        _isRegistered = true;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // With a healthy app it is the sidecar that stops; otherwise the app is expected back.
        _isClosed = health.IsHealthy;
        _isRegistered = false;
        _unusable = [];
        await schedule.StopAsync();
        await placement.LeaveAsync(this, cancellationToken);
        actors.HostNothing();
        await schedule.SettleAsync(cancellationToken);
    }

    public Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken) => actors.TurnAsync(
        call.Actor,
        call.ReentrancyId,
        (chain, token) => app.InvokeAsync(chain is null || call.ReentrancyId is not null ? call : call.WithReentrancyId(chain), token),
        cancellationToken);

    public async Task SetReminderAsync(ActorAddress actor, ReminderRequest request, CancellationToken cancellationToken)
    {
        Reminder reminder;
        try
        {
            reminder = Reminder.Of(actor, request, clock.GetUtcNow());
        }
        catch (FormatException mistake)
        {
            throw new ActorException(ActorFault.BadRequest, mistake.Message, mistake);
        }

        try
        {
            if (!request.Overwrite && await store.LoadAsync(actor, request.Name, cancellationToken) is not null)
            {
                throw new ActorException(ActorFault.AlreadyExists, $"actor reminder already exists: {request.Name}");
            }

            schedule.Adopt(await store.SaveAsync(reminder, cancellationToken));
        }
        catch (ComponentException failure)
        {
            throw new ActorException(ActorFault.Store, failure.Message, failure);
        }
    }

    public async Task DeleteReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(actor, name, cancellationToken);
            schedule.Forget(actor, name);
        }
        catch (ComponentException failure)
        {
            throw new ActorException(ActorFault.Store, failure.Message, failure);
        }
    }

    public Task KeepOnlyAsync(Func<ActorAddress, bool> stays) => actors.KeepOnlyAsync(stays);

    public Task DropAllAsync() => actors.DropAllAsync();

    public void OwnershipChanged() =>
        schedule.Reload(async actor => await placement.OwnerOfAsync(actor, CancellationToken.None) == this);

    public bool IsHosted(string type) => actors.IsHosted(type);

    /// <summary>Throws <see cref="ActorException"/> when there is no state store for actors.</summary>
    public void DemandStore() => ActorStoreLookup.Find(components);

    /// <summary>Why an actor without an owner cannot be called.</summary>
    public ActorException Refusal(ActorAddress actor) =>
        _isClosed ? new ActorException(ActorFault.Closed, "actor runtime is closed")
        : _unusable.Contains(actor.Type) ? ActorException.NotConfigured()
        : ActorException.NoAddress(actor);

    private async Task<IReadOnlyDictionary<string, ActorTypeSettings>> TypesAsync(CancellationToken cancellationToken)
    {
        if (await app.ConfigurationAsync(cancellationToken) is not { } body)
        {
            return new Dictionary<string, ActorTypeSettings>();
        }

        try
        {
            var types = HostedTypes.Parse(body, warning => LogConfiguration(logger, warning));
            return types.Where(type => !new ActorAddress(type.Key, "").IsReserved).ToDictionary(StringComparer.Ordinal);
        }
        catch (JsonException mistake)
        {
            LogConfiguration(logger, $"it is not read: {mistake.Message}");
            return new Dictionary<string, ActorTypeSettings>();
        }
    }

    [LoggerMessage(LogLevel.Information, "Hosting the actor types {Types}")]
    private static partial void LogHosting(ILogger logger, string types);

    [LoggerMessage(LogLevel.Warning, "The app's actor types {Types} are not hosted: no state store has the metadata actorStateStore: \"true\"")]
    private static partial void LogNoStore(ILogger logger, string types);

    [LoggerMessage(LogLevel.Warning, "The app's answer to GET /dapr/config: {Problem}")]
    private static partial void LogConfiguration(ILogger logger, string problem);
}
