using Sidecar.Scheduling;

namespace Sidecar.Workflows;

/// <summary>
/// Delivers what the committed document has for other instances. In the background: the other instance may itself be
/// waiting for this one to take a message.
/// </summary>
internal sealed class Outbox(LiveInstance owner, string instanceId, EngineContext engine)
{
    private readonly HashSet<string> _underWay = new(StringComparer.Ordinal);

    /// <summary>Sends what is new in the committed document.</summary>
    public void Follow(InstanceDocument? committed)
    {
        _underWay.RemoveWhere(id => committed is null || committed.Outgoing.All(message => message.Id != id));
        foreach (var message in committed?.Outgoing ?? [])
        {
            if (_underWay.Add(message.Id))
            {
                _ = Task.Run(() => DeliverAsync(message));
            }
        }
    }

    /// <summary>What was sent may have to be sent again: whether it arrived was not kept.</summary>
    public void Forget() => _underWay.Clear();

    private async Task DeliverAsync(OutgoingMessage message)
    {
        var backoff = new Backoff(engine.Clock);
        while (!engine.Stopping.IsCancellationRequested)
        {
            try
            {
                await engine.Send(instanceId, message);
                owner.Post(new MessageDelivered(message.Id));
                return;
            }
            catch (WorkflowException)
            {
                // The store fails for the other instance, which says so itself.
                await backoff.WaitUnlessAsync(engine.Stopping);
            }
            catch (OperationCanceledException) when (engine.Stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
