using System.Globalization;
using System.Text.Json;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.PubSub.Redis;

/// <summary>An entry that was given to a consumer and not acknowledged.</summary>
internal readonly record struct PendingEntry(string Id, TimeSpan Idle);

/// <summary>
/// The wire: one stream (the topic is its key) and one group on it. As with daprd the consumer is named like the group,
/// so all sidecars of an app are one consumer to Redis, and only how long an entry is idle tells whose it is.
/// </summary>
internal sealed class RedisStream(RedisClient client, string topic, string group)
{
    public string Topic => topic;

    public string Group => group;

    public static RedisCommand Add(OutgoingMessage message, RedisPubSubOptions options, DateTimeOffset now)
    {
        var arguments = new List<RedisArgument> { "XADD", message.Topic };
        if (options.MaxLength > 0)
        {
            arguments.AddRange(["MAXLEN", "~", options.MaxLength]);
        }
        else if (options.StreamTtl > TimeSpan.Zero)
        {
            var oldest = (now - options.StreamTtl).ToUnixTimeMilliseconds();
            arguments.AddRange(["MINID", "~", string.Create(CultureInfo.InvariantCulture, $"{oldest}-1")]);
        }

        arguments.AddRange(["*", "data", message.Data]);
        if (message.Metadata.Count > 0)
        {
            ReadOnlyMemory<byte> metadata = JsonSerializer.SerializeToUtf8Bytes(message.Metadata);
            arguments.AddRange(["metadata", metadata]);
        }

        return RedisCommand.Of([.. arguments]);
    }

    /// <summary>Waits on the server for new entries, so it needs a connection of its own.</summary>
    public RedisCommand Read(int count, TimeSpan block) => RedisCommand.Of(
        "XREADGROUP", "GROUP", group, group, "COUNT", count, "BLOCK", (long)block.TotalMilliseconds, "STREAMS", topic, ">");

    /// <summary>From the first entry on: what was published before the group existed belongs to it too.</summary>
    public async Task CreateGroupAsync(CancellationToken cancellationToken)
    {
        var reply = await client.SendAsync(RedisCommand.Of("XGROUP", "CREATE", topic, group, "0", "MKSTREAM"), cancellationToken);
        if (reply.IsError && !reply.IsErrorOf("BUSYGROUP"))
        {
            throw client.Failed($"topic {topic}: {reply.Text}");
        }
    }

    /// <summary>In the order of ids.</summary>
    /// <param name="from">An id, or <c>-</c> for the first.</param>
    public async Task<IReadOnlyList<PendingEntry>> PendingAsync(string from, int count, CancellationToken cancellationToken)
    {
        var reply = await client.ExecuteAsync(RedisCommand.Of("XPENDING", topic, group, from, "+", count), cancellationToken);
        return [.. from item in reply.Items
            where item.Items is [_, _, _, ..]
            select new PendingEntry(item.Items[0].Text, TimeSpan.FromMilliseconds(item.Items[2].Integer))];
    }

    /// <summary>Takes those that are still idle for so long; the others went to somebody else or are gone.</summary>
    public async Task<IReadOnlyList<StreamEntry>> ClaimAsync(IReadOnlyList<string> ids, TimeSpan idle, CancellationToken cancellationToken) =>
        StreamEntry.ReadAll(await client.ExecuteAsync(Claim(ids, Milliseconds(idle)), cancellationToken));

    /// <summary>Starts their idle time anew. Neither this nor giving back counts as a delivery.</summary>
    public Task RenewAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        client.ExecuteAsync(Claim(ids, 0, "JUSTID"), cancellationToken);

    /// <summary>Makes them look idle for so long that the next look of any sidecar of the app, ours or daprd, claims them.</summary>
    public Task GiveBackAsync(IReadOnlyList<string> ids, TimeSpan idle, CancellationToken cancellationToken) =>
        client.ExecuteAsync(Claim(ids, 0, "IDLE", Milliseconds(idle), "JUSTID"), cancellationToken);

    public Task AcknowledgeAsync(string id, CancellationToken cancellationToken) =>
        client.ExecuteAsync(RedisCommand.Of("XACK", topic, group, id), cancellationToken);

    /// <summary>False: trimmed or deleted, while a group may still list it as pending.</summary>
    public async Task<bool> HasAsync(string id, CancellationToken cancellationToken) =>
        (await client.ExecuteAsync(RedisCommand.Of("XRANGE", topic, id, id), cancellationToken)).Items.Count > 0;

    private RedisCommand Claim(IReadOnlyList<string> ids, long minimumIdle, params ReadOnlySpan<RedisArgument> options) =>
        RedisCommand.Of(["XCLAIM", topic, group, group, minimumIdle, .. ids, .. options]);

    private static long Milliseconds(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);
}
