using Google.Protobuf.WellKnownTypes;
using Sidecar.Expressions;
using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Tracing;
using Route = Sidecar.PubSub.Subscriptions.Route;

namespace Sidecar.Grpc.Callbacks;

/// <summary>Asks a gRPC app which topics it wants: ListTopicSubscriptions (dapr-contract.md 5.3).</summary>
internal sealed partial class GrpcAppTopics(AppCallback app, ILogger<GrpcAppTopics> logger) : IAppTopics
{
    public async Task<IReadOnlyList<Subscription>> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var reply = await app.CallAsync(
                "ListTopicSubscriptions", new Empty(), ListTopicSubscriptionsResponse.Parser, [], TraceContext.Empty, cancellationToken);
            return [.. reply.Message.Subscriptions.Select(ToSubscription)];
        }
        catch (GrpcException failure) when (failure.Status == GrpcStatusCode.Unimplemented)
        {
            LogNone(logger);
            return [];
        }
        catch (GrpcException failure)
        {
            throw new SubscriptionListException($"the app ended ListTopicSubscriptions with {failure.Status}: {failure.Message}", failure);
        }
    }

    public IEventReceiver ReceiverFor(string pubSub) => new GrpcEventReceiver(app, pubSub, logger);

    public IBatchReceiver? BatchReceiverFor(Subscription subscription) =>
        subscription.Bulk is null ? null : new GrpcBatchReceiver(app, subscription, logger);

    private static Subscription ToSubscription(TopicSubscription wanted)
    {
        try
        {
            // Without any route all events come, with an empty path.
            var routes = (wanted.Routes?.Rules ?? []).Select(rule => Route.Create(rule.Match, rule.Path)).ToList();
            if (wanted.Routes is { Default.Length: > 0 } || routes.Count == 0)
            {
                routes.Add(Route.Create("", wanted.Routes?.Default ?? ""));
            }

            return new Subscription(
                wanted.PubsubName,
                wanted.Topic,
                routes,
                wanted.Metadata,
                wanted.DeadLetterTopic.Length == 0 ? null : wanted.DeadLetterTopic,
                SubscriptionKind.Programmatic)
            {
                Bulk = wanted.BulkSubscribe is { Enabled: true } bulk ? BatchLimits.Of(bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
            };
        }
        catch (ExpressionException exception)
        {
            throw new SubscriptionListException($"topic {wanted.Topic}: {exception.Message}", exception);
        }
    }

    [LoggerMessage(LogLevel.Information, "The app does not implement ListTopicSubscriptions; it has no subscriptions of its own")]
    private static partial void LogNone(ILogger logger);
}
