using System.Diagnostics;
using Google.Protobuf;
using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Actors.Reminders;

namespace Sidecar.Workflows.Sharing;

/// <summary>
/// An engine as a host of the instances of its app: to the placement each is an actor of a reserved type, as in daprd
/// (dapr-contract.md 11.6, docs/decisions/0019-shared-workflows.md).
/// </summary>
internal sealed class WorkflowHost(WorkflowEngine engine, string type) : ILocalActorHost
{
    private const string Method = "instance";

    private volatile Func<ActorAddress, bool>? _stays;

    public string HostId { get; private set; } = RandomId.NewUuid();

    /// <summary>Of the app's workflows.</summary>
    public string Type => type;

    public static ActorCall ToCall(ActorAddress instance, InstanceCall call) => new(instance, Method, call.ToByteArray(), "", []);

    /// <summary>True while this engine may work on the instance: as its owner, or as one that belongs to no host and serves it for want of one.</summary>
    public bool Holds(string instanceId) => _stays?.Invoke(AddressOf(instanceId)) ?? true;

    public ActorAddress AddressOf(string instanceId) => new(type, instanceId);

    /// <summary>A new host to the others from now on.</summary>
    public void Renew() => HostId = RandomId.NewUuid();

    /// <summary>No host any more: it serves whatever has no owner.</summary>
    public void Retire() => Hold(null);

    public async Task<ActorAnswer> InvokeAsync(ActorCall call, CancellationToken cancellationToken)
    {
        InstanceCall asked;
        try
        {
            asked = InstanceCall.Parser.ParseFrom(call.Body.Span);
        }
        catch (InvalidProtocolBufferException mistake)
        {
            throw new ActorException(ActorFault.BadRequest, mistake.Message, mistake);
        }

        InstanceReply reply;
        try
        {
            reply = engine.Stopping.IsCancellationRequested
                ? throw ActorException.Moved()
                : await engine.AnswerAsync(call.Actor.Id, asked, cancellationToken);
        }
        catch (WorkflowException moved) when (moved.Fault == WorkflowFault.Moved)
        {
            throw ActorException.Moved();
        }
        catch (WorkflowException) when (engine.Stopping.IsCancellationRequested && asked.Decision(call.Actor.Id) is null)
        {
            // Whoever only looks may as well look at the next owner; a command may have taken effect.
            throw ActorException.Moved();
        }
        catch (WorkflowException refusal)
        {
            reply = new InstanceReply { Fault = new InstanceFault { Fault = (int)refusal.Fault, Message = refusal.Message } };
        }

        return new ActorAnswer(reply.ToByteArray(), []);
    }

    public Task KeepOnlyAsync(Func<ActorAddress, bool> stays)
    {
        Hold(stays);
        return engine.LetGoAsync();
    }

    public Task DropAllAsync() => KeepOnlyAsync(_ => false);

    public void OwnershipChanged() => engine.Recover();

    public Task SetReminderAsync(ActorAddress actor, ReminderRequest request, CancellationToken cancellationToken) => throw new UnreachableException();

    public Task DeleteReminderAsync(ActorAddress actor, string name, CancellationToken cancellationToken) => throw new UnreachableException();

    // Whoever adds an instance to those in memory looks here afterwards, and whoever changes this looks there afterwards:
    // without a full fence in between each could miss the other's write.
    private void Hold(Func<ActorAddress, bool>? stays)
    {
        _stays = stays;
        Interlocked.MemoryBarrier();
    }
}
