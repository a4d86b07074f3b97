using Sidecar.Clients.Sqlite;

namespace DaprShop.Tests.Configuration;

public sealed class SqliteConfigurationConformance : ConfigurationStoreConformance
{
    private SqliteSession _file = null!;

    private protected override ConfigurationDriver Driver { get; } = new("configuration.sqlite", ("connectionString", "config.db"))
    {
        WriterGivesTheVersion = false,
        PipesEndTheValue = false,
    };

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var path = Path.Combine(Fixture.Directory, "config.db");
        _file = SqliteSession.Open(
            new SqliteOptions(path, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5), true, SqliteSync.Normal), readOnly: false);
    }

    public override async Task DisposeAsync()
    {
        _file.Dispose();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("INSERT OR REPLACE INTO configuration (key, value) VALUES ('key', 'new')", "key=new")]
    [InlineData("UPDATE configuration SET value = 'new' WHERE key = 'key'", "key=new")]
    [InlineData("UPDATE configuration SET key = 'moved' WHERE key = 'key'", "key=; moved=old")]
    [InlineData("DELETE FROM configuration", "key=")]
    public async Task Change_ByAnyStatement_IsToldWithANewVersion(string statement, string expected)
    {
        await PutAsync("key", "old");
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync([], recorder.HandleAsync, default);

        _file.Execute(statement);

        await recorder.WaitForAsync(expected.Split("; ")[0]);
        Assert.Equal(expected, string.Join("; ", recorder.Texts));
        Assert.DoesNotContain("1", recorder.Changes.Select(change => change.Item.Version));
    }

    [Fact]
    public async Task Subscribe_FileThatCannotBeReadForAWhile_IsToldAfterwards()
    {
        var recorder = new ChangeRecorder();
        using var subscription = await Store.SubscribeAsync(["key"], recorder.HandleAsync, default);

        _file.Execute("ALTER TABLE configuration_changes RENAME TO away");
        await Assert.ThrowsAsync<Sidecar.Components.ComponentException>(
            () => Store.SubscribeAsync(["key"], recorder.HandleAsync, default));
        _file.Execute("ALTER TABLE away RENAME TO configuration_changes");
        await PutAsync("key", "1");

        await recorder.WaitForAsync("key=1");
    }

    private protected override Task PutAsync(string key, string value, string version = "")
    {
        _file.Execute(
            "INSERT INTO configuration (key, value) VALUES (@a, @b) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
        return Task.CompletedTask;
    }

    // In some transactions instead of thousands: each one waits for the disk.
    private protected override async Task PutAllAsync(IEnumerable<(string Key, string Value)> items)
    {
        foreach (var some in items.Chunk(100))
        {
            _file.Execute("BEGIN IMMEDIATE");
            await base.PutAllAsync(some);
            _file.Execute("COMMIT");
        }
    }

    private protected override Task DeleteAsync(string key)
    {
        _file.Execute("DELETE FROM configuration WHERE key = @a", key);
        return Task.CompletedTask;
    }
}
