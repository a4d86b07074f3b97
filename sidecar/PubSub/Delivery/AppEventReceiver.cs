using Sidecar.Components.PubSub;
using Sidecar.Invocation;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>The app behind its HTTP API (dapr-contract.md 5.4).</summary>
internal sealed class AppEventReceiver(IAppChannel app, string pubSub) : IEventReceiver
{
    public async Task<AppAnswer> SendAsync(
        IncomingMessage message, ReceivedEvent received, string path, TraceContext trace, CancellationToken cancellationToken)
    {
        using var request = DeliveryRequest.Create(path, received.Body, pubSub, message.Metadata, trace);
        using var response = await app.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return AppAnswer.Judge((int)response.StatusCode, body);
    }
}
