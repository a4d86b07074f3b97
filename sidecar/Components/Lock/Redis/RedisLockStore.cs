using Sidecar.Clients.Redis;

namespace Sidecar.Components.Lock.Redis;

/// <summary>lock.redis (dapr-contract.md 8): SET NX with an expiry, unlocked by its owner only; no renewal, no fencing.</summary>
internal sealed class RedisLockStore(RedisOptions options, ComponentContext context) : ILockStore
{
    // Read, compared and deleted in one step: the lock may expire and be taken by another in between.
    private const string UnlockScript =
        """
        local owner = redis.call('GET', KEYS[1])
        if not owner then
          return -1
        end
        if owner ~= ARGV[1] then
          return -2
        end
        return redis.call('DEL', KEYS[1])
        """;

    private readonly RedisClient _client = RedisClient.Shared(options, context);

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var mistakes = new List<string>();
        var metadata = new ComponentMetadata(spec, mistakes);
        var options = RedisOptions.Parse(metadata);
        ComponentLog.WarnUnknown(context, spec, metadata);
        mistakes.ForEach(errors.Add);
        return mistakes.Count == 0 ? new RedisLockStore(options, context) : null;
    }

    public bool IsRemote => true;

    /// <summary>Refuses a server with replicas, as daprd does: after a failover two owners could hold one lock.</summary>
    public async Task InitAsync(CancellationToken cancellationToken)
    {
        var reply = await _client.ExecuteAsync(RedisCommand.Of("INFO", "replication"), cancellationToken);
        if (reply.Text.Split("\r\n").FirstOrDefault(line => line.StartsWith("connected_slaves:", StringComparison.Ordinal)) is { } line
            && !line.EndsWith(":0", StringComparison.Ordinal))
        {
            throw _client.Failed("locks need a server without replicas, since they copy asynchronously; use another server for lock.redis");
        }
    }

    public async Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken)
    {
        var reply = await _client.ExecuteAsync(
            RedisCommand.Of("SET", resource, owner, "NX", "PX", (long)expiry.TotalMilliseconds), cancellationToken);
        return !reply.IsNull;
    }

    public async Task<UnlockStatus> UnlockAsync(string resource, string owner, CancellationToken cancellationToken)
    {
        var reply = await _client.ExecuteAsync(RedisCommand.Of("EVAL", UnlockScript, 1, resource, owner), cancellationToken);
        return reply.Integer switch
        {
            -1 => UnlockStatus.LockDoesNotExist,
            -2 => UnlockStatus.LockBelongsToOthers,
            >= 0 => UnlockStatus.Success,
            _ => UnlockStatus.InternalError,
        };
    }

    /// <summary>The client is shared and ends with the process's other clients.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
