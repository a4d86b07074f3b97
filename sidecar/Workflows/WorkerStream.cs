using System.Threading.Channels;
using Sidecar.Grpc.DurableTask;

namespace Sidecar.Workflows;

/// <summary>One connected worker: what was handed to it and waits to be written to its GetWorkItems stream.</summary>
internal sealed class WorkerStream(WorkDispatcher dispatcher) : IDisposable
{
    private readonly Channel<WorkItem> _items = Channel.CreateUnbounded<WorkItem>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = false });

    public ChannelReader<WorkItem> Items => _items.Reader;

    public void Send(WorkItem item) => _items.Writer.TryWrite(item);

    /// <summary>The stream is lost: whatever the worker had in hand goes to the next one.</summary>
    public void Dispose() => dispatcher.Disconnect(this);
}
