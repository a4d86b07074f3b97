using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class RunRecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThenRead_GivesTheSameRecord()
    {
        var file = RunRecord.FileOf(new RunFile(Path.Combine(_folder.Path, "dapr.redis.yaml"), _folder.Path));
        var app = new AppRecord("order", new ProcessIdentity(12, "34"), 8082, 3502, 50103, DateTimeOffset.UnixEpoch, "/logs/order.log");
        var record = Record() with { Apps = [app] };

        record.Write(file);

        Assert.Equal(Path.Combine(_folder.Path, ".dapr", "run", "dapr.redis.json"), file);
        Assert.Equal([app], RunRecord.Read(file)?.Apps);
        Assert.Equal(record.Launcher, Assert.Single(RunRecord.AllIn(_folder.Path)).Launcher);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"launcher\":")]
    [InlineData("{}")]
    public void Read_FileCutShortByACrash_IsNone(string text)
    {
        Assert.Null(RunRecord.Read(_folder.File("broken.json", text)));
    }

    [Fact]
    public async Task EndApps_PidThatBelongsToSomebodyElseNow_IsLeftAlone()
    {
        // This very process under another start time: were it taken for the app, the test run would die here.
        var record = Record() with { Apps = [new AppRecord("order", ProcessIdentity.Own with { StartTime = "1" }, null, 1, 2, null, null)] };

        Assert.Empty(await record.EndAppsAsync(TimeProvider.System));
    }

    [Fact]
    public void DataDirectoryLock_TakenTwice_NamesTheHolder()
    {
        using var first = DataDirectoryLock.Take(_folder.Path, out _);

        using var second = DataDirectoryLock.Take(_folder.Path, out var problem);

        Assert.NotNull(first);
        Assert.Null(second);
        Assert.Equal($"the data directory {_folder.Path} is in use by another launcher (pid {Environment.ProcessId})", problem);
    }

    private static RunRecord Record() => new()
    {
        Launcher = ProcessIdentity.Own,
        RunFile = "/shop/dapr.yaml",
        Name = "shop",
        DataDirectory = "/shop/.dapr/data",
    };
}
