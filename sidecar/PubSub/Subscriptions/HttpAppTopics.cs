using System.Net;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.PubSub.Delivery;

namespace Sidecar.PubSub.Subscriptions;

/// <summary>Asks an HTTP app which topics it wants: GET /dapr/subscribe (dapr-contract.md 5.3).</summary>
internal sealed partial class HttpAppTopics(SidecarOptions options, IAppChannel app, ILogger<HttpAppTopics> logger) : IAppTopics
{
    public async Task<IReadOnlyList<Subscription>> AskAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, TargetPath.ToUri("/dapr/subscribe"));
        request.Headers.TryAddWithoutValidation("dapr-app-id", options.AppId);
        using var response = await app.SendAsync(request, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                return await ReadAsync(response, cancellationToken);
            case HttpStatusCode.NotFound:
                return [];
            case >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests:
                throw new SubscriptionListException($"the app answered GET /dapr/subscribe with status {(int)response.StatusCode}");
            default:
                LogRefused(logger, (int)response.StatusCode);
                return [];
        }
    }

    public IEventReceiver ReceiverFor(string pubSub) => new AppEventReceiver(app, pubSub);

    public IBatchReceiver? BatchReceiverFor(Subscription subscription) =>
        subscription.Bulk is null ? null : new AppBatchReceiver(app, subscription);

    private async Task<IReadOnlyList<Subscription>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var subscriptions = SubscriptionList.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken), out var withoutRoute);
        foreach (var topic in withoutRoute)
        {
            LogWithoutRoute(logger, topic);
        }

        return subscriptions;
    }

    [LoggerMessage(LogLevel.Error, "The app answered GET /dapr/subscribe with status {Status}; it has no subscriptions of its own")]
    private static partial void LogRefused(ILogger logger, int status);

    [LoggerMessage(LogLevel.Warning, "The app's subscription to topic {Topic} has no route and is ignored")]
    private static partial void LogWithoutRoute(ILogger logger, string topic);
}
