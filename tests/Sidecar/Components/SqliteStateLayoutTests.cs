using System.Data;
using System.Text;
using DaprShop.TestKit;
using Sidecar.Clients.Sqlite;
using Sidecar.Components.State;

namespace DaprShop.Tests.Components;

/// <summary>daprd must be able to open the file: its table, its way to write values and times.</summary>
public sealed class SqliteStateLayoutTests : IAsyncLifetime
{
    private readonly ComponentFixture _fixture = new() { UseManualClock = true };
    private SqliteSession _file = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _file?.Dispose();
        await _fixture.DeleteAsync();
    }

    [Fact]
    public async Task Init_NewFile_MakesDaprdsTables()
    {
        await StartAsync();

        var columns = _file.Query("SELECT name, type, pk FROM pragma_table_info('state')", row => $"{row.GetString(0)} {row.GetString(1)} {row.GetInt64(2)}");

        Assert.Equal(
            ["key TEXT 1", "value TEXT 0", "is_binary BOOLEAN 0", "etag TEXT 0", "expiration_time TIMESTAMP 0", "update_time TIMESTAMP 0"],
            columns);
        Assert.Equal("1", _file.QueryFirst("SELECT value FROM metadata WHERE key = 'migrations'", row => row.GetString(0)));
        Assert.Equal("wal", _file.QueryFirst("PRAGMA journal_mode", row => row.GetString(0)));
    }

    [Fact]
    public async Task Set_Json_IsStoredAsText()
    {
        var store = await StartAsync();

        await store.ApplyAsync(new StateSet("key", "{\"n\":1}"u8.ToArray(), TtlSeconds: 90), default);

        Assert.Equal("text|{\"n\":1}|0|2026-01-02 03:05:35|2026-01-02 03:04:05", RowOf("key"));
    }

    [Fact]
    public async Task Set_Bytes_IsStoredAsBase64()
    {
        var store = await StartAsync();

        await store.ApplyAsync(new StateSet("key", new byte[] { 0xFF, 0 }), default);

        Assert.Equal("text|/wA=|1||2026-01-02 03:04:05", RowOf("key"));
    }

    [Fact]
    public async Task Get_RowsThatDaprdWrote_AreUnderstood()
    {
        var store = await StartAsync();
        using var writer = SqliteSession.Open(FileOptions(), readOnly: false);
        writer.Execute("INSERT INTO state (key, value, is_binary, etag) VALUES ('json', '\"text\"', 0, 'e1'), ('bytes', 'AAEC', 1, 'e2')");
        writer.Execute(
            "INSERT INTO state (key, value, is_binary, etag, expiration_time) VALUES ('late', 'x', 0, 'e3', '2026-01-02 03:04:04'), ('soon', 'x', 0, 'e4', '2026-01-02 03:04:06')");

        var items = await store.GetManyAsync(["json", "bytes", "late", "soon"], default);

        Assert.Equal(["bytes e2 AAEC", "json e1 InRleHQi", "soon e4 eA=="], items.Select(item => $"{item.Key} {item.Etag} {Convert.ToBase64String(item.Value.Span)}").Order());
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero), items.Single(item => item.Key == "soon").ExpiresAt);
    }

    [Fact]
    public async Task Cleanup_WithAnInterval_RemovesExpiredRowsOnly()
    {
        var store = await StartAsync(("cleanupIntervalInSeconds", "10"));
        await store.ApplyAsync(new StateSet("gone", Encoding.UTF8.GetBytes("1"), TtlSeconds: 5), default);
        await store.ApplyAsync(new StateSet("kept", Encoding.UTF8.GetBytes("1"), TtlSeconds: 500), default);
        await store.ApplyAsync(new StateSet("forever", Encoding.UTF8.GetBytes("1")), default);

        _fixture.ManualClock.Advance(TimeSpan.FromSeconds(10));

        var keys = await Eventually.Get(Keys, keys => keys.Count < 3);
        Assert.Equal(["forever", "kept"], keys);
    }

    [Fact]
    public async Task ListKeys_ByPrefix_UsesTheIndex()
    {
        await StartAsync();

        var plan = _file.QueryFirst(
            "EXPLAIN QUERY PLAN SELECT key FROM state WHERE key >= @a AND key < @d AND (expiration_time IS NULL OR expiration_time > @b) ORDER BY key LIMIT @c",
            row => row.GetString(3), "a", "b", 1, "c");

        Assert.StartsWith("SEARCH", plan, StringComparison.Ordinal);
    }

    private async Task<IStateStore> StartAsync(params (string Name, string Value)[] extra)
    {
        var store = await _fixture.StartAsync<IStateStore>("state.sqlite", "app", [("connectionString", "state.db"), .. extra]);
        _file = SqliteSession.Open(FileOptions(), readOnly: true);
        return store;
    }

    private SqliteOptions FileOptions() => new(
        Path.Combine(_fixture.Directory, "state.db"), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), true, SqliteSync.Full);

    private string? RowOf(string key) => _file.QueryFirst(
        "SELECT typeof(value), value, is_binary, ifnull(expiration_time, ''), update_time FROM state WHERE key = @a",
        row => $"{row.GetString(0)}|{row.GetString(1)}|{row.GetInt64(2)}|{row.GetString(3)}|{row.GetString(4)}", key);

    private List<string> Keys() => _file.Query("SELECT key FROM state ORDER BY key", row => row.GetString(0));
}
