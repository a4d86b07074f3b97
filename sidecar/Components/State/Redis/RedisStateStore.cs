using System.Runtime.CompilerServices;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.State.Redis;

/// <summary>state.redis as daprd's: its layout, its scripts, and its weaknesses (docs/decisions/0011-redis.md).</summary>
internal sealed class RedisStateStore(RedisStateOptions options, ComponentContext context) : IStateStore
{
    private static readonly TimeSpan ReplicaWait = TimeSpan.FromSeconds(1);

    private readonly RedisClient _client = RedisClient.Shared(options.Server, context);
    private int _replicas;

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = RedisStateOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new RedisStateStore(options, context) : null;
    }

    public bool IsRemote => true;

    public StateCapabilities Capabilities =>
        StateCapabilities.Etag | StateCapabilities.Transactional | StateCapabilities.Ttl
        | StateCapabilities.KeysLike | StateCapabilities.Actor;

    /// <summary>Also asks how many replicas there are, once: a strong write waits for that many.</summary>
    public async Task InitAsync(CancellationToken cancellationToken)
    {
        const string Count = "connected_slaves:";
        var reply = await _client.ExecuteAsync(RedisCommand.Of("INFO", "replication"), cancellationToken);
        var line = reply.Text.Split("\r\n").FirstOrDefault(line => line.StartsWith(Count, StringComparison.Ordinal));
        _ = int.TryParse(line?[Count.Length..], out _replicas);
    }

    public async Task<StateItem?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var reply = await _client.SendAsync(RedisStateCommands.Get(key), cancellationToken);
        return reply.IsErrorOf("WRONGTYPE")
            ? await GetPlainAsync(key, cancellationToken)
            : RedisStateCommands.ReadItem(key, Checked(reply));
    }

    public async Task<IReadOnlyList<StateItem>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var replies = await _client.SendAsync([.. keys.Select(RedisStateCommands.Get)], cancellationToken);
        var items = new List<StateItem>(keys.Count);
        for (var i = 0; i < keys.Count; i++)
        {
            var item = replies[i].IsErrorOf("WRONGTYPE")
                ? await GetPlainAsync(keys[i], cancellationToken)
                : RedisStateCommands.ReadItem(keys[i], Checked(replies[i]));
            if (item is not null)
            {
                items.Add(item);
            }
        }

        return items;
    }

    public async Task ApplyAsync(StateOperation operation, CancellationToken cancellationToken)
    {
        if (operation is StateSet set)
        {
            await SetAsync(set, cancellationToken);
            return;
        }

        // daprd calls every failed delete a mismatch, without looking at the cause.
        await GuardAsync(
            operation, callsItMismatch: true, () => RedisStateCommands.DeleteAsync(_client, (StateDelete)operation, cancellationToken));
    }

    public async Task<string?> SetAsync(StateSet operation, CancellationToken cancellationToken)
    {
        var reply = await GuardAsync(
            operation, callsItMismatch: !string.IsNullOrEmpty(operation.Etag), () => RedisStateCommands.SetAsync(_client, operation, cancellationToken));
        if (RedisStateCommands.Expire(operation.Key, TtlOf(operation)) is { } expire)
        {
            await _client.ExecuteAsync(expire, cancellationToken);
        }

        if (operation.Consistency == Consistency.Strong && _replicas > 0)
        {
            await _client.ExecuteAsync(RedisCommand.Of("WAIT", _replicas, (long)ReplicaWait.TotalMilliseconds), cancellationToken);
        }

        return reply.Text;
    }

    public async Task TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellationToken)
    {
        if (operations.Count == 0)
        {
            return;
        }

        var replies = await _client.SendAsync(RedisStateCommands.Transaction(operations, TtlOf), cancellationToken);
        var executed = Checked(replies[^1]);
        if (executed.Items.FirstOrDefault(reply => reply.IsError) is { IsError: true } failed)
        {
            var fault = failed.IsErrorOf(RedisStateCommands.Mismatch) ? ComponentFault.EtagMismatch : ComponentFault.Failed;
            throw new ComponentException(fault, $"redis: {failed.Text}; the other operations of the transaction may stay applied");
        }
    }

    public async IAsyncEnumerable<string> ListKeysAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cursor = "0";
        do
        {
            var reply = await _client.ExecuteAsync(RedisStateCommands.Scan(cursor, prefix), cancellationToken);
            cursor = reply.Items[0].Text;
            foreach (var key in reply.Items[1].Items)
            {
                yield return key.Text;
            }
        }
        while (cursor != "0");
    }

    /// <summary>The client is shared and ends with the process's other clients.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A value that something else wrote as a plain string; it has no ETag.</summary>
    private async Task<StateItem?> GetPlainAsync(string key, CancellationToken cancellationToken)
    {
        var reply = await _client.ExecuteAsync(RedisCommand.Of("GET", key), cancellationToken);
        return reply.IsNull ? null : new StateItem(key, reply.Bytes, "");
    }

    /// <summary>
    /// With an ETag daprd answers a mismatch to whatever went wrong, a timeout too, and so does this: clients must read
    /// back after a 409 (architecture.md 6), and here is where they learn to.
    /// </summary>
    private static async Task<RespValue> GuardAsync(StateOperation operation, bool callsItMismatch, Func<Task<RespValue>> run)
    {
        string why;
        Exception? cause = null;
        try
        {
            var reply = await run();
            if (!reply.IsError)
            {
                return reply;
            }

            why = reply.Text;
        }
        catch (ComponentException exception) when (exception.Fault == ComponentFault.Failed)
        {
            (why, cause) = (exception.Message, exception);
        }

        throw callsItMismatch
            ? new ComponentException(ComponentFault.EtagMismatch, why, cause)
            : new ComponentException(ComponentFault.Failed, $"failed to set key {operation.Key}: {why}", cause);
    }

    private RespValue Checked(RespValue reply) => reply.IsError ? throw _client.Failed(reply.Text) : reply;

    private int? TtlOf(StateSet set) => set.TtlSeconds ?? options.TtlSeconds;
}
