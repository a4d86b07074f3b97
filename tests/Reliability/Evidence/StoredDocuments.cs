using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace DaprShop.Reliability.Evidence;

/// <summary>Every document of the shop's services as it lies in the store, by its whole key, such as <c>order||order/log/3/1/0</c>.</summary>
internal static class StoredDocuments
{
    private const int PageSize = 500;

    private static readonly string[] Services = ["order", "inventory", "payment", "notification"];

    /// <summary>What workflows and actors keep goes by their own names and is no document of a service.</summary>
    private static readonly string[] Foreign = ["||dapr.internal", "||CartActor", "||StockActor"];

    /// <summary>daprd's table in one file. One statement, so it is one moment.</summary>
    public static IReadOnlyDictionary<string, JsonElement> ReadSqlite(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, value FROM state";
        using var rows = command.ExecuteReader();
        var found = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        while (rows.Read())
        {
            Add(found, rows.GetString(0), () => rows.GetString(1));
        }

        return found;
    }

    /// <summary>daprd's layout: a hash per key with the value in <c>data</c>. A walk, not one moment: the shop has to be at rest.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> ReadRedisAsync(int port)
    {
        using var redis = await RedisReader.ConnectAsync(port);
        var found = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var page in Services.SelectMany(service => redis.Keys($"{service}||")).Where(IsDocument).Chunk(PageSize))
        {
            var values = redis.Fields(page, "data");
            for (var n = 0; n < page.Length; n++)
            {
                if (values[n] is { } value)
                {
                    Add(found, page[n], () => value);
                }
            }
        }

        return found;
    }

    private static void Add(Dictionary<string, JsonElement> found, string key, Func<string> value)
    {
        if (IsDocument(key))
        {
            using var parsed = JsonDocument.Parse(value());
            found[key] = parsed.RootElement.Clone();
        }
    }

    private static bool IsDocument(string key) =>
        Array.Exists(Services, service => key.StartsWith($"{service}||", StringComparison.Ordinal))
        && !Array.Exists(Foreign, part => key.Contains(part, StringComparison.Ordinal));
}
