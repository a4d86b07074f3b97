using System.Text;
using System.Text.Unicode;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.Configuration.Redis;

/// <summary>A connection on which the server tells which of the watched keys were written, deleted, expired or evicted.</summary>
internal sealed class KeyspaceFeed : IAsyncDisposable
{
    private readonly RedisClient _client;
    private readonly RedisConnection _connection;

    private KeyspaceFeed(RedisClient client, RedisConnection connection) => (_client, _connection) = (client, connection);

    public bool IsOpen => _connection.IsOpen;

    /// <summary>Returns when every write from now on adds its key. No keys: all of the database.</summary>
    public static async Task<KeyspaceFeed> OpenAsync(
        RedisClient client, IReadOnlyList<string> keys, ChangedKeys changed, CancellationToken cancellationToken)
    {
        var prefix = $"__keyspace@{client.Options.Database}__:";
        var prefixLength = Encoding.UTF8.GetByteCount(prefix);
        var connection = await client.OpenAsync(cancellationToken, message => Note(message, prefixLength, changed));
        try
        {
            // One command for each channel, since each channel has an answer of its own.
            RedisCommand[] commands = keys.Count == 0
                ? [RedisCommand.Of("PSUBSCRIBE", $"{prefix}*")]
                : [.. keys.Select(key => RedisCommand.Of("SUBSCRIBE", prefix + key))];
            foreach (var reply in await connection.SendAsync(commands).WaitAsync(cancellationToken))
            {
                if (reply.IsError)
                {
                    throw client.Failed($"it refuses to tell of changes: {reply.Text}");
                }
            }

            _ = connection.Ended.ContinueWith(_ => changed.Wake(), TaskScheduler.Default);
            return new KeyspaceFeed(client, connection);
        }
        catch (RedisConnectionException failure)
        {
            await connection.DisposeAsync();
            throw client.Failed(failure.Message, failure);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Throws <see cref="ComponentException"/> when nothing comes through any more, though no end was seen.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.SendAsync(RedisCommand.Of("PING")).WaitAsync(cancellationToken);
        }
        catch (RedisConnectionException failure)
        {
            throw _client.Failed(failure.Message, failure);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // ["message", channel, event] or ["pmessage", pattern, channel, event]; the event's name does not matter.
    private static void Note(RespValue message, int prefixLength, ChangedKeys changed)
    {
        if (message.Items is [.., var channel, _] && channel.Bytes.Length >= prefixLength)
        {
            var key = channel.Bytes.Span[prefixLength..];
            if (Utf8.IsValid(key))
            {
                changed.Add(Encoding.UTF8.GetString(key));
            }
        }
    }
}
