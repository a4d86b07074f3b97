using Sidecar.Actors.Hosting;
using Sidecar.Components;
using Sidecar.Components.State;
using Sidecar.Configuration;
using Sidecar.Host;
using Sidecar.Http;
using Sidecar.Metrics;

namespace Sidecar.Actors;

/// <summary>The state of actors, under Dapr's keys (dapr-contract.md 10.4). Every method throws <see cref="ActorException"/>.</summary>
internal sealed class ActorState(
    SidecarOptions options, ComponentRegistry components, SidecarResources resources, ComponentCalls calls, ActiveActors actors)
{
    private const string TtlFeature = "ActorStateTTL";
    private const string TtlMetadata = "ttlInSeconds";

    /// <summary>Null when there is no such key. Any sidecar of the app may ask, whether it hosts the actor or not.</summary>
    public async Task<StateItem?> GetAsync(ActorAddress actor, string key, CancellationToken cancellationToken)
    {
        var (name, store) = Store();
        var answer = await calls.RunAsync(ComponentOperation.State("get"), name, token => store.GetAsync(Prefix(actor) + key, token), cancellationToken);
        return answer.Fault is { } fault ? throw new ActorException(ActorFault.Store, fault.Message, fault) : answer.Value;
    }

    /// <summary>All operations as one transaction of the store, by the host on which the actor is active.</summary>
    public async Task TransactAsync(ActorAddress actor, IReadOnlyList<StateTransactionOperation> operations, CancellationToken cancellationToken)
    {
        var (name, store) = Store();
        if (!actors.IsActive(actor))
        {
            throw new ActorException(ActorFault.InstanceMissing, "actor instance is missing");
        }

        var prefix = Prefix(actor);
        var answer = await calls.RunAsync(
            ComponentOperation.State("transaction"),
            name,
            async token =>
            {
                await store.TransactAsync([.. operations.Select(operation => Translate(operation, prefix))], token);
                return true;
            },
            cancellationToken);
        if (answer.Fault is { } fault)
        {
            throw new ActorException(ActorFault.Store, fault.Message, fault);
        }
    }

    private string Prefix(ActorAddress actor) => $"{options.AppId}||{actor}||";

    private (string Name, IStateStore Store) Store()
    {
        var component = ActorStoreLookup.Find(components);
        var store = (IStateStore)component.Instance;
        return store.Capabilities.HasFlag(StateCapabilities.Etag | StateCapabilities.Transactional)
            ? (component.Spec.Name, store)
            : throw new ActorException(ActorFault.Store, "state store does not support transactions which actors require to save state");
    }

    private StateOperation Translate(StateTransactionOperation operation, string prefix)
    {
        switch (operation.Operation)
        {
            case "upsert" or "delete" when operation.Request.Key.Length == 0:
                throw Refused("missing key");
            case "upsert" when operation.Request.Metadata?.ContainsKey(TtlMetadata) == true && !resources.Configuration.Features.GetValueOrDefault(TtlFeature):
                throw Refused($"{TtlMetadata} is not supported without the \"{TtlFeature}\" feature enabled");
            case "upsert":
                return StateRequests.ToSet(operation.Request, prefix, null);
            case "delete":
                return StateRequests.ToDelete(operation.Request, prefix);
            case "":
                throw Refused("operation is empty");
            default:
                throw Refused($"operation type {operation.Operation} not supported");
        }
    }

    private static ComponentException Refused(string why) => new(ComponentFault.BadRequest, why);
}
