namespace Sidecar.Clients.Redis;

/// <summary>The connection was lost or given up; whether the command took effect is unknown.</summary>
internal sealed class RedisConnectionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Commands that were sent, in the order of their replies.</summary>
/// <param name="deadline">Timestamp of the clock after which nobody waits any longer.</param>
internal abstract class PendingReply(long deadline)
{
    public long Deadline { get; } = deadline;

    /// <summary>True when this was the last reply it waited for.</summary>
    public abstract bool Take(RespValue reply);

    public abstract void Fail(RedisConnectionException failure);
}

internal sealed class SingleReply(long deadline) : PendingReply(deadline)
{
    private readonly TaskCompletionSource<RespValue> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RespValue> Task => _reply.Task;

    public override bool Take(RespValue reply)
    {
        _reply.SetResult(reply);
        return true;
    }

    public override void Fail(RedisConnectionException failure) => _reply.SetException(failure);
}

internal sealed class ReplyBatch(long deadline, int count) : PendingReply(deadline)
{
    private readonly TaskCompletionSource<RespValue[]> _replies = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RespValue[] _taken = new RespValue[count];
    private int _next;

    public Task<RespValue[]> Task => _replies.Task;

    public override bool Take(RespValue reply)
    {
        _taken[_next++] = reply;
        if (_next < _taken.Length)
        {
            return false;
        }

        _replies.SetResult(_taken);
        return true;
    }

    public override void Fail(RedisConnectionException failure) => _replies.SetException(failure);
}
