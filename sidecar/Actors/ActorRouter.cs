using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;
using Sidecar.Resiliency;

namespace Sidecar.Actors;

/// <summary>Finds the owner of an actor and hands it what is to be done (dapr-contract.md 10.4, 12). Every method throws <see cref="ActorException"/>.</summary>
internal sealed class ActorRouter(IActorPlacement placement, ActorRuntime runtime, ReminderStore reminders, ResiliencyPolicies resiliency)
{
    private const int LookupsAtOnce = 3;

    /// <summary>The actor's answer under the policies of its type; without any, only an owner that is not found is looked for again.</summary>
    public Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken) =>
        resiliency.ForActor(call.Actor.Type, call.Actor.Id) is { } policy
            ? policy.RunAsync(async token => Attempt<ActorAnswer>.Success(await CallAsync(call, token)), cancellationToken)
            : WithOwnerAsync(token => CallAsync(call, token), cancellationToken);

    /// <summary>A call that another sidecar sent here because it takes this one for the owner.</summary>
    public Task<ActorAnswer> InvokeHereAsync(ActorCall call, CancellationToken cancellationToken) => runtime.InvokeAsync(call, cancellationToken);

    /// <param name="isChosen">Another sidecar took this one for the owner.</param>
    public Task SetReminderAsync(ActorAddress actor, ReminderRequest request, bool isChosen, CancellationToken cancellationToken)
    {
        DemandHosted(actor.Type);
        return isChosen ? runtime.SetReminderAsync(actor, request, cancellationToken) : WithOwnerAsync(
            async token =>
            {
                await (await OwnerAsync(actor, token)).SetReminderAsync(actor, request, token);
                return true;
            },
            cancellationToken);
    }

    /// <param name="isChosen">Another sidecar took this one for the owner.</param>
    public Task DeleteReminderAsync(ActorAddress actor, string name, bool isChosen, CancellationToken cancellationToken)
    {
        DemandHosted(actor.Type);
        return isChosen ? runtime.DeleteReminderAsync(actor, name, cancellationToken) : WithOwnerAsync(
            async token =>
            {
                await (await OwnerAsync(actor, token)).DeleteReminderAsync(actor, name, token);
                return true;
            },
            cancellationToken);
    }

    /// <summary>The reminders of all actors of the type, or of one; one that comes or goes meanwhile may be missing.</summary>
    public async Task<IReadOnlyList<Reminder>> RemindersAsync(string type, string? id, CancellationToken cancellationToken)
    {
        DemandHosted(type);
        var found = new List<Reminder>();
        try
        {
            await foreach (var stored in reminders.ListAsync(type, cancellationToken))
            {
                if (id is null || stored.Reminder.Actor.Id == id)
                {
                    found.Add(stored.Reminder);
                }
            }
        }
        catch (Components.ComponentException failure)
        {
            throw new ActorException(ActorFault.Store, failure.Message, failure);
        }

        return found;
    }

    /// <summary>Null when there is none of this name.</summary>
    public async Task<Reminder?> ReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken)
    {
        DemandHosted(actor.Type);
        try
        {
            return (await reminders.LoadAsync(actor, name, cancellationToken))?.Reminder;
        }
        catch (Components.ComponentException failure)
        {
            throw new ActorException(ActorFault.Store, failure.Message, failure);
        }
    }

    private void DemandHosted(string type)
    {
        runtime.DemandStore();
        if (!runtime.IsHosted(type))
        {
            throw new ActorException(ActorFault.NotHosted, "operations on actor reminders are only possible on hosted actor types");
        }
    }

    private Task<T> WithOwnerAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        resiliency.BuiltIn(PolicySet.BuiltInActorNotFoundRetries).RunAsync(
            async token =>
            {
                try
                {
                    return Attempt<T>.Success(await call(token));
                }
                catch (ActorException answer) when (answer.Fault is not (ActorFault.NoAddress or ActorFault.Moved))
                {
                    throw new PermanentFailureException(answer);
                }
            },
            cancellationToken);

    private async Task<ActorAnswer> CallAsync(ActorCall call, CancellationToken cancellationToken)
    {
        for (var lookup = 1; ; lookup++)
        {
            try
            {
                return await (await OwnerAsync(call.Actor, cancellationToken)).InvokeAsync(call, cancellationToken);
            }
            catch (ActorException moved) when (moved.Fault == ActorFault.Moved && lookup < LookupsAtOnce)
            {
                // The lookup waits for a handover to end, so trying again at once is no busy loop.
                continue;
            }
        }
    }

    private async Task<IActorHost> OwnerAsync(ActorAddress actor, CancellationToken cancellationToken) =>
        await placement.OwnerOfAsync(actor, cancellationToken) ?? throw runtime.Refusal(actor);
}
