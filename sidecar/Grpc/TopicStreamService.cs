using Sidecar.Components;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http.Errors;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;
using RequestCase = Sidecar.Grpc.DaprApi.SubscribeTopicEventsRequestAlpha1.SubscribeTopicEventsRequestTypeOneofCase;

namespace Sidecar.Grpc;

/// <summary>
/// The streaming subscription (dapr-contract.md 5.7): the client names a topic, then gets its events and answers each.
/// The end of the stream ends the subscription; what was not answered stays with the broker.
/// </summary>
internal sealed partial class TopicStreamService(
    StreamingSubscriptions subscriptions, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<TopicStreamService> logger) : IGrpcService
{
    // A wedged broker must not keep a stream that has ended.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(30);

    public IReadOnlyList<GrpcMethod> Methods => [new GrpcMethod(DaprService.PathOf("SubscribeTopicEventsAlpha1"), ServeAsync)];

    private async Task ServeAsync(GrpcCall call)
    {
        var wanted = await ReadInitialAsync(call);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
        using var stream = new TopicStream(call, wanted.PubsubName, wanted.Topic);
        IAsyncDisposable? running = null;
        try
        {
            await stream.BeginAsync(async () => running = await StartAsync(wanted, stream, stopping.Token, call.Cancelled));
        }
        catch
        {
            await stopping.CancelAsync();
            await stream.EndAsync();
            await DrainAsync(running?.DisposeAsync().AsTask() ?? Task.CompletedTask, wanted);
            throw;
        }

        await RunAsync(call, stream, running!, wanted, stopping);
    }

    /// <summary>
    /// Until the client ends its side or the sidecar stops. A stopping sidecar takes no new events and waits for the
    /// answers to those in hand; then the stream ends without an error, as daprd's does.
    /// </summary>
    private async Task RunAsync(
        GrpcCall call,
        TopicStream stream,
        IAsyncDisposable running,
        SubscribeTopicEventsRequestInitialAlpha1 wanted,
        CancellationTokenSource stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
        using var asked = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled, lifetime.ApplicationStopping);
        var answers = ReadAnswersAsync(call, stream, ended.Token);
        await Task.WhenAny(answers, Task.Delay(Timeout.InfiniteTimeSpan, clock, asked.Token));
        await asked.CancelAsync();

        // The driver first: what it sees cancelled before it stops itself counts as a failed delivery.
        var drained = running.DisposeAsync().AsTask();
        await stopping.CancelAsync();
        await Task.WhenAny(answers, drained);
        await stream.EndAsync();
        await ended.CancelAsync();
        await DrainAsync(drained, wanted);
        await answers;
    }

    private static async Task<SubscribeTopicEventsRequestInitialAlpha1> ReadInitialAsync(GrpcCall call)
    {
        var first = await call.ReadAsync(SubscribeTopicEventsRequestAlpha1.Parser);
        return first?.InitialRequest switch
        {
            null => throw Refused("initial request is required"),
            { PubsubName.Length: 0 } => throw Refused("pubsubName is required"),
            { Topic.Length: 0 } => throw Refused("topic is required"),
            var initial => initial,
        };
    }

    private async Task<IAsyncDisposable> StartAsync(
        SubscribeTopicEventsRequestInitialAlpha1 wanted, TopicStream stream, CancellationToken stopping, CancellationToken cancellationToken)
    {
        if (!subscriptions.Knows(wanted.PubsubName))
        {
            throw DaprService.ToException(PubSubErrors.NotFound(wanted.PubsubName, new Dictionary<string, string>()));
        }

        var subscription = new Subscription(
            wanted.PubsubName,
            wanted.Topic,
            [PubSub.Subscriptions.Route.Create("", "/")],
            wanted.Metadata,
            wanted.HasDeadLetterTopic && wanted.DeadLetterTopic.Length > 0 ? wanted.DeadLetterTopic : null,
            SubscriptionKind.Streaming);
        try
        {
            return await subscriptions.StartAsync(subscription, stream, stopping, cancellationToken);
        }
        catch (Exception exception) when (exception is TopicForbiddenException or ComponentException)
        {
            throw Refused(exception.Message);
        }
    }

    private static async Task ReadAnswersAsync(GrpcCall call, TopicStream stream, CancellationToken ended)
    {
        try
        {
            while (await call.ReadAsync(SubscribeTopicEventsRequestAlpha1.Parser, ended) is { } request)
            {
                switch (request.SubscribeTopicEventsRequestTypeCase)
                {
                    case RequestCase.InitialRequest:
                        throw Refused("duplicate initial request received");
                    case RequestCase.EventProcessed:
                        stream.Answer(request.EventProcessed);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (!call.Cancelled.IsCancellationRequested)
        {
            // No answer is waited for any more.
            return;
        }
    }

    private async Task DrainAsync(Task ended, SubscribeTopicEventsRequestInitialAlpha1 wanted)
    {
        try
        {
            await ended.WaitAsync(LongestDrain, clock);
        }
        catch (TimeoutException)
        {
            LogStuck(logger, wanted.Topic, wanted.PubsubName, LongestDrain);
        }
    }

    // Plain errors of daprd's handler, to which gRPC gives the code Unknown.
    private static GrpcException Refused(string why) => new(GrpcStatusCode.Unknown, why);

    [LoggerMessage(LogLevel.Warning, "The subscription of a stream to topic {Topic} of {PubSub} was still busy {Limit} after its end; it is left behind")]
    private static partial void LogStuck(ILogger logger, string topic, string pubSub, TimeSpan limit);
}
