using Sidecar.Tracing;

namespace Sidecar.PubSub.Delivery;

/// <summary>Who gets the batches of a bulk subscription.</summary>
internal interface IBatchReceiver
{
    /// <summary>
    /// Hands the batch over and brings an answer for each entry, in their order. Throws <see cref="HttpRequestException"/>
    /// or <see cref="IOException"/> when there is none.
    /// </summary>
    Task<IReadOnlyList<AppAnswer>> SendAsync(IReadOnlyList<BatchEntry> batch, string path, TraceContext trace, CancellationToken cancellationToken);
}
