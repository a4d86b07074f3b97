using System.Collections.Concurrent;
using DaprShop.Tests.Grpc;
using Google.Protobuf;
using Sidecar.Grpc.DurableTask;

namespace DaprShop.Tests.Workflows;

/// <summary>A worker on a GetWorkItems stream of its own.</summary>
internal sealed class RemoteWorker : IAsyncDisposable
{
    public const string Service = "/TaskHubSidecarService/";

    private readonly CancellationTokenSource _stop = new();
    private readonly RawGrpcClient _client;
    private readonly Task _loop;

    public RemoteWorker(RawGrpcClient client, Script script, Func<WorkItem, bool>? answers = null)
    {
        _client = client;
        _loop = Task.Run(() => RunAsync(script, answers ?? (_ => true)));
    }

    public ConcurrentQueue<WorkItem> Items { get; } = [];

    public IEnumerable<WorkItem> Activities => Items.Where(item => item.ActivityRequest is not null);

    public Task CompleteAsync(string method, IMessage response) => _client.CallAsync(Service + method, response, CompleteTaskResponse.Parser);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(Script script, Func<WorkItem, bool> answers)
    {
        await foreach (var message in _client.StreamAsync(Service + "GetWorkItems", new GetWorkItemsRequest(), _stop.Token))
        {
            var item = WorkItem.Parser.ParseFrom(message);
            Items.Enqueue(item);
            if (!answers(item))
            {
                continue;
            }

            if (item.WorkflowRequest is not null)
            {
                await CompleteAsync("CompleteOrchestratorTask", Actions.Answer(item, script));
            }
            else
            {
                await CompleteAsync("CompleteActivityTask", Actions.Answer(item));
            }
        }
    }
}
