using RabbitMQ.Client;

namespace Sidecar.Clients.RabbitMq;

/// <summary>One message on its way to the broker; settled once.</summary>
internal sealed class PendingPublish(string exchange, string routingKey, bool mandatory, BasicProperties properties, ReadOnlyMemory<byte> body)
{
    private const int Waiting = 0;
    private const int Sent = 1;
    private const int Abandoned = 2;

    // The failure is the result: a task that failed after its caller left would count as unobserved.
    private readonly TaskCompletionSource<Exception?> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    public string Exchange { get; } = exchange;

    public string RoutingKey { get; } = routingKey;

    /// <summary>The broker gives the message back when no queue takes it.</summary>
    public bool Mandatory { get; } = mandatory;

    public BasicProperties Properties { get; } = properties;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>The broker's words when it gave the message back; the confirm follows all the same.</summary>
    public string? Returned { get; set; }

    /// <summary>Null: done. Otherwise why not.</summary>
    public Task<Exception?> Settled => _settled.Task;

    /// <summary>False: the caller has left, and the message must not be sent any more.</summary>
    public bool TrySend() => Interlocked.CompareExchange(ref _state, Sent, Waiting) == Waiting;

    /// <summary>True: it was never sent and never will be.</summary>
    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;

    public void Settle(Exception? failure) => _settled.TrySetResult(failure);
}
