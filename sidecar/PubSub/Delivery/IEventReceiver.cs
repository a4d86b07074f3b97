using Sidecar.Components.PubSub;
using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>Who gets the events of a subscription.</summary>
internal interface IEventReceiver
{
    /// <summary>
    /// Hands the event over and brings the answer. Throws <see cref="HttpRequestException"/> or <see cref="IOException"/>
    /// when there is none.
    /// </summary>
    Task<AppAnswer> SendAsync(IncomingMessage message, ReceivedEvent received, string path, TraceContext trace, CancellationToken cancellationToken);
}
