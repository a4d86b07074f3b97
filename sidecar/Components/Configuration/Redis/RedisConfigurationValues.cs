using System.Text.Unicode;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.Configuration.Redis;

/// <summary>
/// Reads items as daprd lays them out: a string under the bare key, "value" or "value||version". What follows a second
/// pair of pipes is not part of either, keys of other types and with empty values are no items (dapr-contract.md 9.2).
/// </summary>
internal sealed class RedisConfigurationValues(RedisClient client)
{
    private const string Separator = "||";
    private const int KeysPerRead = 256;
    private const int KeysPerScan = 1000;

    /// <summary>The items among these keys that exist.</summary>
    public async Task<IReadOnlyDictionary<string, ConfigurationItem>> ReadAsync(IEnumerable<string> keys, CancellationToken cancellationToken)
    {
        var items = new Dictionary<string, ConfigurationItem>(StringComparer.Ordinal);
        foreach (var some in keys.Distinct(StringComparer.Ordinal).Chunk(KeysPerRead))
        {
            await ReadIntoAsync(items, some, cancellationToken);
        }

        return items;
    }

    /// <summary>
    /// Every item of the database. SCAN in the place of daprd's KEYS: it does not stop the server, and a key that is
    /// there all the time is found just as well.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, ConfigurationItem>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var items = new Dictionary<string, ConfigurationItem>(StringComparer.Ordinal);
        var cursor = "0";
        do
        {
            var page = await client.ExecuteAsync(
                RedisCommand.Of("SCAN", cursor, "COUNT", KeysPerScan, "TYPE", "string"), cancellationToken);
            if (page.Items is not [var next, var found])
            {
                throw client.Failed("SCAN was answered with something else than a cursor and keys");
            }

            // A key that is no text cannot be named by any client of the API.
            foreach (var some in found.Items.Where(key => Utf8.IsValid(key.Bytes.Span)).Select(key => key.Text).Chunk(KeysPerRead))
            {
                await ReadIntoAsync(items, some, cancellationToken);
            }

            cursor = next.Text;
        }
        while (cursor != "0");
        return items;
    }

    /// <summary>Null: not an item.</summary>
    internal static ConfigurationItem? Parse(RespValue stored)
    {
        var parts = stored.Text.Split(Separator, 3);
        return parts[0].Length == 0 ? null : new ConfigurationItem(parts[0], parts.Length > 1 ? parts[1] : "");
    }

    // MGET answers null for a key of another type, where GET would fail.
    private async Task ReadIntoAsync(Dictionary<string, ConfigurationItem> items, string[] keys, CancellationToken cancellationToken)
    {
        RedisArgument[] arguments = ["MGET", .. keys.Select(key => (RedisArgument)key)];
        var reply = await client.ExecuteAsync(RedisCommand.Of(arguments), cancellationToken);
        foreach (var (key, stored) in keys.Zip(reply.Items))
        {
            if (Parse(stored) is { } item)
            {
                items[key] = item;
            }
        }
    }
}
