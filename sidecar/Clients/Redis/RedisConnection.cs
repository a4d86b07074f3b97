using System.Buffers;
using System.Net.Sockets;

namespace Sidecar.Clients.Redis;

/// <summary>
/// One connection. Commands of many callers go out in the batches that gather while the last one is written; replies
/// come in the same order. When anything about it is wrong (cut, silent for too long, bytes that are no RESP) it ends
/// as a whole and every command in flight fails: a reply must never be given to the wrong caller.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private const int ReceiveBuffer = 64 << 10;
    private const int LargestBacklog = 256 << 20;

    private readonly Stream _stream;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _readTimeout;
    private readonly Action<RespValue>? _push;
    private readonly ITimer _watch;
    private readonly Lock _gate = new();
    private readonly Queue<PendingReply> _pending = new();
    private ArrayBufferWriter<byte> _gathering = new();
    private ArrayBufferWriter<byte> _written = new();
    private Task _sending = Task.CompletedTask;
    private readonly Task _receiving;
    private bool _isSending;
    private RedisConnectionException? _failure;

    /// <param name="push">Takes the messages of channels that this connection subscribed to; null: it subscribes to none.</param>
    public RedisConnection(Stream stream, TimeSpan readTimeout, TimeProvider clock, Action<RespValue>? push = null)
    {
        (_stream, _readTimeout, _clock, _push) = (stream, readTimeout, clock, push);
        var period = TimeSpan.FromTicks(Math.Max(readTimeout.Ticks / 4, TimeSpan.TicksPerMillisecond));
        _watch = clock.CreateTimer(_ => GiveUpOnSilence(), null, period, period);
        _receiving = Task.Run(ReceiveAsync);
    }

    public bool IsOpen => Volatile.Read(ref _failure) is null;

    /// <summary>Completes when the connection has ended, for those who wait for messages and send nothing that could fail.</summary>
    public Task Ended => _receiving;

    /// <summary>The reply, errors included. Throws <see cref="RedisConnectionException"/>.</summary>
    /// <param name="longerBy">For a command that the server may hold back on purpose.</param>
    public Task<RespValue> SendAsync(RedisCommand command, TimeSpan longerBy = default)
    {
        var pending = new SingleReply(DeadlineIn(_readTimeout + longerBy));
        Enqueue([command], pending);
        return pending.Task;
    }

    /// <summary>The replies to commands that go out together, with no other caller's between them.</summary>
    public Task<RespValue[]> SendAsync(ReadOnlySpan<RedisCommand> commands)
    {
        if (commands.IsEmpty)
        {
            return Task.FromResult<RespValue[]>([]);
        }

        var pending = new ReplyBatch(DeadlineIn(_readTimeout), commands.Length);
        Enqueue(commands, pending);
        return pending.Task;
    }

    /// <summary>Ends the connection; what is in flight fails.</summary>
    public async ValueTask DisposeAsync()
    {
        Fail(new RedisConnectionException("the connection was closed"));
        await _receiving;
        await _sending;
        await _watch.DisposeAsync();
    }

    private long DeadlineIn(TimeSpan time) => _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency);

    private void Enqueue(ReadOnlySpan<RedisCommand> commands, PendingReply pending)
    {
        lock (_gate)
        {
            if (_failure is { } failure)
            {
                pending.Fail(failure);
                return;
            }

            if (_gathering.WrittenCount > LargestBacklog)
            {
                pending.Fail(new RedisConnectionException("more is waiting to be sent than the server takes"));
                return;
            }

            foreach (var command in commands)
            {
                _gathering.Write(command.Bytes.Span);
            }

            _pending.Enqueue(pending);
            if (!_isSending)
            {
                _isSending = true;
                // On another thread, so that callers that arrive meanwhile join the batch.
                _sending = Task.Run(SendGatheredAsync);
            }
        }
    }

    private async Task SendGatheredAsync()
    {
        try
        {
            while (TakeGathered() is { } batch)
            {
                await _stream.WriteAsync(batch.WrittenMemory);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Fail(Lost(exception));
        }
    }

    private ArrayBufferWriter<byte>? TakeGathered()
    {
        lock (_gate)
        {
            if (_gathering.WrittenCount == 0 || _failure is not null)
            {
                _isSending = false;
                return null;
            }

            (_gathering, _written) = (_written, _gathering);
            _gathering.ResetWrittenCount();
            return _written;
        }
    }

    private async Task ReceiveAsync()
    {
        var reader = new RespReader();
        var buffer = new byte[ReceiveBuffer];
        var replies = new List<RespValue>();
        try
        {
            while (await _stream.ReadAsync(buffer) is var count and > 0)
            {
                reader.Read(buffer.AsSpan(0, count), replies);
                Deliver(replies);
                replies.Clear();
            }

            Fail(new RedisConnectionException("the server closed the connection"));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Fail(Lost(exception));
        }
        catch (RespFormatException exception)
        {
            Fail(new RedisConnectionException($"the server's answer cannot be read: {exception.Message}", exception));
        }
    }

    private void Deliver(List<RespValue> replies)
    {
        lock (_gate)
        {
            foreach (var reply in replies)
            {
                if (_push is not null && IsMessage(reply))
                {
                    _push(reply);
                }
                else if (!_pending.TryPeek(out var pending))
                {
                    throw new RespFormatException("the server answered what nobody asked");
                }
                else if (pending.Take(reply))
                {
                    _pending.Dequeue();
                }
            }
        }
    }

    private static bool IsMessage(RespValue reply) =>
        reply.Items is [var kind, ..] && (kind.Bytes.Span.SequenceEqual("message"u8) || kind.Bytes.Span.SequenceEqual("pmessage"u8));

    private void GiveUpOnSilence()
    {
        lock (_gate)
        {
            if (!_pending.TryPeek(out var oldest) || _clock.GetTimestamp() < oldest.Deadline)
            {
                return;
            }
        }

        Fail(new RedisConnectionException("the server did not answer in time"));
    }

    private void Fail(RedisConnectionException failure)
    {
        List<PendingReply> inFlight;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            inFlight = [.. _pending];
            _pending.Clear();
        }

        _watch.Dispose();
        _stream.Dispose();
        inFlight.ForEach(pending => pending.Fail(failure));
    }

    private static RedisConnectionException Lost(Exception cause) => new($"the connection was lost: {cause.Message}", cause);
}
