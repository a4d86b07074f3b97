using Sidecar.Invocation;
using Sidecar.PubSub.Subscriptions;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>The app behind its HTTP API (dapr-contract.md 5.6).</summary>
internal sealed class AppBatchReceiver(IAppChannel app, Subscription subscription) : IBatchReceiver
{
    // Those of the single messages stand with their entries.
    private static readonly Dictionary<string, string> NoMetadata = [];

    public async Task<IReadOnlyList<AppAnswer>> SendAsync(
        IReadOnlyList<BatchEntry> batch, string path, TraceContext trace, CancellationToken cancellationToken)
    {
        var body = BatchEnvelope.Write(RandomId.NewUuid(), subscription, batch);
        using var request = DeliveryRequest.Create(path, body, subscription.PubSub, NoMetadata, trace, "application/json");
        using var response = await app.SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return BatchAnswer.Judge((int)response.StatusCode, answer, batch);
    }
}
