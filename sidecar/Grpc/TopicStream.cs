using System.Collections.Concurrent;
using Sidecar.Components.PubSub;
using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Delivery;
using Sidecar.Tracing;
using Status = Sidecar.Grpc.DaprApi.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Sidecar.Grpc;

/// <summary>The client's end of a streaming subscription: events go out, answers come back under the ids of the events.</summary>
internal sealed class TopicStream(GrpcCall call, string pubSub, string topic) : IEventReceiver, IDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<AppAnswer>> _open = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _gone = new();

    /// <summary>The first message, which must reach the client before any event.</summary>
    public async Task BeginAsync(Func<Task> subscribe)
    {
        await _writing.WaitAsync(call.Cancelled);
        try
        {
            await subscribe();
            call.Write(new SubscribeTopicEventsResponseAlpha1 { InitialResponse = new SubscribeTopicEventsResponseInitialAlpha1() });
            await call.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    public async Task<AppAnswer> SendAsync(
        IncomingMessage message, ReceivedEvent received, string path, TraceContext trace, CancellationToken cancellationToken)
    {
        var answer = await OpenAsync(received.Id, cancellationToken);
        try
        {
            await WriteAsync(TopicEventMessage.Of(received.Attributes, pubSub, topic, path), cancellationToken);
            return await answer.Task.WaitAsync(_gone.Token).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (answer.Task.IsCompletedSuccessfully)
        {
            // The client answered, then ended its side at once.
            return await answer.Task;
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested || call.Cancelled.IsCancellationRequested)
        {
            throw new IOException("the stream ended before the event was answered");
        }
        finally
        {
            _open.TryRemove(received.Id, out _);
            answer.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <summary>An answer to an event that is not open means nothing.</summary>
    public void Answer(SubscribeTopicEventsRequestProcessedAlpha1 processed)
    {
        if (_open.TryGetValue(processed.Id, out var open))
        {
            open.TrySetResult((processed.Status?.Status ?? Status.Success) switch
            {
                Status.Success => new AppAnswer(Verdict.Success, ""),
                Status.Drop => new AppAnswer(Verdict.Drop, "the app answered DROP"),
                Status.Retry => new AppAnswer(Verdict.Retry, "the app answered RETRY"),
                var other => new AppAnswer(Verdict.Retry, $"the app answered the unknown status {(int)other}"),
            });
        }
    }

    /// <summary>Nothing is written any more, and what is not answered never will be.</summary>
    public async Task EndAsync()
    {
        await _gone.CancelAsync();
        await _writing.WaitAsync(CancellationToken.None);
        _writing.Release();
    }

    public void Dispose()
    {
        _gone.Dispose();
        _writing.Dispose();
    }

    // Ids are the publishers': of two events with one id the second waits until the first is answered.
    private async Task<TaskCompletionSource<AppAnswer>> OpenAsync(string id, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource<AppAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            var open = _open.GetOrAdd(id, mine);
            if (ReferenceEquals(open, mine))
            {
                return mine;
            }

            await ((Task)open.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task WriteAsync(TopicEventRequest message, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            _gone.Token.ThrowIfCancellationRequested();
            call.Write(new SubscribeTopicEventsResponseAlpha1 { EventMessage = message });
            await call.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }
}
