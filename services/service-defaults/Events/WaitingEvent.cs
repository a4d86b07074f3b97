using System.Diagnostics;

namespace DaprShop.ServiceDefaults.Events;

/// <summary>An event whose caller waits, and the trace it belongs to: that of its batch would be nobody's.</summary>
internal sealed class WaitingEvent(OutgoingEvent happened, Activity? trace)
{
    private readonly TaskCompletionSource _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OutgoingEvent Event => happened;

    public Task Outcome => _outcome.Task;

    /// <summary>What the sidecar shall put into the envelope, and what the broker needs to know.</summary>
    public Dictionary<string, string> Metadata()
    {
        var metadata = new Dictionary<string, string>
        {
            ["cloudevent.id"] = happened.Id,
            ["cloudevent.type"] = happened.Type,
            ["partitionKey"] = happened.Key,
        };
        if (trace is { IdFormat: ActivityIdFormat.W3C, Id: { } parent })
        {
            metadata["cloudevent.traceid"] = parent;
            metadata["cloudevent.traceparent"] = parent;
            metadata["cloudevent.tracestate"] = trace.TraceStateString ?? "";
        }

        return metadata;
    }

    public void Done() => _outcome.TrySetResult();

    public void Fail(Exception failure) => _outcome.TrySetException(failure);
}
