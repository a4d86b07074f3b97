using Google.Protobuf;
using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Scheduling;

namespace Sidecar.Workflows.Sharing;

/// <summary>
/// Shares the workflows of an app among its sidecars (docs/decisions/0019-shared-workflows.md). A sidecar whose worker is
/// connected owns its part of the instances; a call goes to the owner. Without any owner, since no worker is connected
/// anywhere, whoever is asked serves it.
/// </summary>
internal sealed class WorkflowSharing(WorkflowEngine engine, IActorPlacement placement, TimeProvider clock)
{
    /// <summary>How long the instances wait for a worker that went away before the other sidecars' workers get them.</summary>
    public static readonly TimeSpan WorkerAway = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private Task _following = Task.CompletedTask;

    public void Start(CancellationToken stopping) => _following = Task.Run(() => FollowWorkersAsync(stopping), CancellationToken.None);

    /// <summary>The instances are free when it returns.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _following;
        await placement.LeaveAsync(engine.Host, cancellationToken);
    }

    /// <summary>Throws <see cref="WorkflowException"/>.</summary>
    public async Task<InstanceReply> AskAsync(string instanceId, InstanceCall call, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(clock);
        while (true)
        {
            var owner = await OwnerAsync(instanceId, cancellationToken);
            try
            {
                return owner is null ? await ServeAsync(instanceId, call, cancellationToken)
                    : owner == engine.Host ? await engine.AnswerAsync(instanceId, call, cancellationToken)
                    : await AskAsync(owner, instanceId, call, cancellationToken);
            }
            catch (WorkflowException moved) when (moved.Fault == WorkflowFault.Moved)
            {
                await backoff.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>True when this engine owns the instance, or nobody does.</summary>
    public async Task<bool> IsOursAsync(string instanceId, CancellationToken cancellationToken) =>
        await OwnerAsync(instanceId, cancellationToken) is var owner && (owner is null || owner == engine.Host);

    // An owner that appeared meanwhile may have read the document before this engine wrote it, and would not look again.
    private async Task<InstanceReply> ServeAsync(string instanceId, InstanceCall call, CancellationToken cancellationToken)
    {
        var reply = await engine.AnswerAsync(instanceId, call, cancellationToken);
        if (call.Decision(instanceId) is not null)
        {
            await RefreshOwnerAsync(instanceId, cancellationToken);
        }

        return reply;
    }

    private async Task RefreshOwnerAsync(string instanceId, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(clock);
        while (await OwnerAsync(instanceId, cancellationToken) is { } owner && owner != engine.Host)
        {
            try
            {
                await AskAsync(owner, instanceId, new InstanceCall { Refresh = new RefreshCall() }, cancellationToken);
                return;
            }
            catch (WorkflowException gone) when (gone.Fault is WorkflowFault.Moved or WorkflowFault.Unavailable)
            {
                await backoff.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task<InstanceReply> AskAsync(IActorHost owner, string instanceId, InstanceCall call, CancellationToken cancellationToken)
    {
        InstanceReply reply;
        try
        {
            var answer = await owner.InvokeAsync(WorkflowHost.ToCall(engine.Host.AddressOf(instanceId), call), cancellationToken);
            reply = InstanceReply.Parser.ParseFrom(answer.Body.Span);
        }
        catch (ActorException moved) when (moved.Fault == ActorFault.Moved && (!moved.IsOutcomeUnknown || call.Decision(instanceId) is null))
        {
            throw new WorkflowException(WorkflowFault.Moved, moved.Message, moved);
        }
        catch (Exception failure) when (failure is ActorException or InvalidProtocolBufferException)
        {
            throw new WorkflowException(WorkflowFault.Unavailable, failure.Message, failure);
        }

        return reply.Fault is { } fault ? throw new WorkflowException((WorkflowFault)fault.Fault, fault.Message) : reply;
    }

    private async Task<IActorHost?> OwnerAsync(string instanceId, CancellationToken cancellationToken)
    {
        try
        {
            return await placement.OwnerOfAsync(engine.Host.AddressOf(instanceId), cancellationToken);
        }
        catch (ActorException failure)
        {
            throw new WorkflowException(WorkflowFault.Unavailable, failure.Message, failure);
        }
    }

    private async Task FollowWorkersAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                while (engine.Dispatcher.ConnectedWorkers == 0)
                {
                    await LeaveToOwnersAsync();
                    await engine.Dispatcher.WorkersChangedAsync(Look, stopping);
                }

                if (!engine.HasStore)
                {
                    return;
                }

                engine.Host.Renew();
                await placement.JoinAsync(engine.Host, [engine.Host.Type], stopping);
                while (engine.Dispatcher.WorkersGone is not { } gone || clock.GetUtcNow() - gone < WorkerAway)
                {
                    await engine.Dispatcher.WorkersChangedAsync(Look, stopping);
                }

                await placement.LeaveAsync(engine.Host, stopping);
                engine.Host.Retire();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The host leaves when the engine has stopped.
        }
    }

    // Instances that this engine serves for want of an owner go to the first one that appears.
    private async Task LeaveToOwnersAsync()
    {
        try
        {
            foreach (var instanceId in engine.Live)
            {
                if (!await IsOursAsync(instanceId, engine.Stopping))
                {
                    engine.LetGo(instanceId);
                }
            }
        }
        catch (WorkflowException failure) when (failure.Fault == WorkflowFault.Unavailable)
        {
            // The store that knows the owners fails; the next look asks it again.
        }
    }
}
