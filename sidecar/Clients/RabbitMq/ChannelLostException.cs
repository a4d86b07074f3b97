using System.Threading.Channels;
using RabbitMQ.Client.Exceptions;

namespace Sidecar.Clients.RabbitMq;

/// <summary>
/// A channel or its connection ended, or none could be had: what was under way on it may or may not have happened, and
/// can be tried again on the next one.
/// </summary>
/// <param name="isNotFound">The broker closed the channel because an exchange or queue is not there (any more).</param>
internal sealed class ChannelLostException(string message, bool isNotFound = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsNotFound { get; } = isNotFound;

    /// <summary>The many ways in which the library says that a channel or connection is no more, or does not answer.</summary>
    public static bool IsMeantBy(Exception failure) => failure is RabbitMQClientException or IOException or ObjectDisposedException
        or InvalidOperationException or ChannelClosedException or TimeoutException or OperationCanceledException;
}
