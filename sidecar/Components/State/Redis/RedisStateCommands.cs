using System.Globalization;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.State.Redis;

/// <summary>
/// daprd's layout (dapr-contract.md 4.5): a hash per key with <c>data</c>, <c>version</c> (the ETag: 1, 2, 3 ...) and,
/// once a first-write was asked for, <c>first-write</c>. The scripts decide exactly as daprd's do, also where that is odd:
/// both may share one server, and what is safe here must be safe there.
/// </summary>
internal static class RedisStateCommands
{
    /// <summary>First word of the scripts' refusals.</summary>
    public const string Mismatch = "MISMATCH";

    /// <summary>The ETag argument of a write that names none.</summary>
    private const string NoEtag = "0";

    private const string FirstWriteAsked = "0";
    private const string FirstWriteNotAsked = "1";

    // A key of another type is replaced, and counts as absent.
    public static readonly RedisScript SetScript = new(
        """
        local version = redis.pcall('HGET', KEYS[1], 'version')
        if type(version) == 'table' then
          redis.call('DEL', KEYS[1])
          version = ''
        end
        local free = not version or version == ''
        if not free and version ~= ARGV[1] then
          local guarded = redis.call('HEXISTS', KEYS[1], 'first-write') == 1
          if guarded or ARGV[1] ~= '0' then
            return redis.error_reply('MISMATCH failed to set key ' .. KEYS[1])
          end
        end
        redis.call('HSET', KEYS[1], 'data', ARGV[2])
        if ARGV[3] == '0' then
          redis.call('HSET', KEYS[1], 'first-write', 0)
        end
        return redis.call('HINCRBY', KEYS[1], 'version', 1)
        """);

    private static readonly RedisScript DeleteScript = new(
        """
        local version = redis.pcall('HGET', KEYS[1], 'version')
        local free = not version or type(version) == 'table' or version == ''
        if not free and ARGV[1] ~= '0' and version ~= ARGV[1] then
          return redis.error_reply('MISMATCH failed to delete ' .. KEYS[1])
        end
        return redis.call('DEL', KEYS[1])
        """);

    public static RedisCommand Get(string key) => RedisCommand.Of("HMGET", key, "data", "version");

    /// <summary>Null: there is nothing under the key.</summary>
    public static StateItem? ReadItem(string key, RespValue reply) =>
        reply.Items is [var data, var version] && !(data.IsNull && version.IsNull)
            ? new StateItem(key, data.Bytes, version.Text)
            : null;

    /// <summary>The reply is the new version.</summary>
    public static Task<RespValue> SetAsync(RedisClient client, StateSet set, CancellationToken cancellationToken) => SetScript.RunAsync(
        client,
        set.Key,
        [EtagOf(set), set.Value, set.Concurrency == Concurrency.FirstWrite ? FirstWriteAsked : FirstWriteNotAsked],
        cancellationToken);

    public static Task<RespValue> DeleteAsync(RedisClient client, StateDelete delete, CancellationToken cancellationToken) =>
        DeleteScript.RunAsync(client, delete.Key, [EtagOf(delete)], cancellationToken);

    /// <summary>EXPIRE for a time above 0, PERSIST for others; null leaves the key's own.</summary>
    public static RedisCommand? Expire(string key, int? ttlSeconds) => ttlSeconds switch
    {
        null => null,
        > 0 => RedisCommand.Of("EXPIRE", key, ttlSeconds.Value),
        _ => RedisCommand.Of("PERSIST", key),
    };

    /// <summary>
    /// MULTI ... EXEC of the same scripts, sent at once; the last reply is EXEC's. A failing script does not undo the
    /// others. As in daprd a first-write is not honoured here.
    /// </summary>
    public static List<RedisCommand> Transaction(IReadOnlyList<StateOperation> operations, Func<StateSet, int?> ttlOf)
    {
        var commands = new List<RedisCommand>(operations.Count + 4) { SetScript.Load, DeleteScript.Load, RedisCommand.Of("MULTI") };
        foreach (var operation in operations)
        {
            if (operation is StateSet set)
            {
                commands.Add(SetScript.Call(set.Key, EtagOf(set), set.Value));
                if (Expire(set.Key, ttlOf(set)) is { } expire)
                {
                    commands.Add(expire);
                }
            }
            else
            {
                commands.Add(DeleteScript.Call(operation.Key, EtagOf(operation)));
            }
        }

        commands.Add(RedisCommand.Of("EXEC"));
        return commands;
    }

    /// <summary>One step of a walk over all keys that start with the prefix.</summary>
    public static RedisCommand Scan(string cursor, string prefix) =>
        RedisCommand.Of("SCAN", cursor, "MATCH", $"{EscapePattern(prefix)}*", "COUNT", 1_000);

    /// <summary>Throws <see cref="ComponentException"/> for what no write of this store can have answered.</summary>
    private static string EtagOf(StateOperation operation)
    {
        // An explicit last-write does not even look at the ETag of a set; a delete always does.
        if (string.IsNullOrEmpty(operation.Etag) || (operation is StateSet && operation.Concurrency == Concurrency.LastWrite))
        {
            return NoEtag;
        }

        return operation is StateDelete || long.TryParse(operation.Etag, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            ? operation.Etag
            : throw new ComponentException(ComponentFault.EtagInvalid, $"'{operation.Etag}' is not a version number");
    }

    private static string EscapePattern(string text)
    {
        var escaped = new System.Text.StringBuilder(text.Length + 8);
        foreach (var letter in text)
        {
            if (letter is '*' or '?' or '[' or ']' or '\\' or '^')
            {
                escaped.Append('\\');
            }

            escaped.Append(letter);
        }

        return escaped.ToString();
    }
}
