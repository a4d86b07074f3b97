using DaprShop.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Clients.Sqlite;
using Sidecar.Components;
using Sidecar.Components.PubSub.Redis;
using Sidecar.Components.PubSub.Sqlite;

namespace DaprShop.Tests.Components;

public sealed class DriverOptionsTests
{
    [Theory]
    [InlineData("state.sqlite")]
    [InlineData("pubsub.sqlite")]
    [InlineData("configuration.sqlite")]
    [InlineData("lock.sqlite")]
    public void Create_SqliteWithoutConnectionString_NamesTheMember(string type)
    {
        Assert.Equal(["spec.metadata.connectionString: is required"], ErrorsOf(type));
    }

    [Theory]
    [InlineData("state.redis")]
    [InlineData("lock.redis")]
    [InlineData("configuration.redis")]
    public void Create_RedisWithoutHost_NamesTheMember(string type)
    {
        Assert.Equal(["spec.metadata.redisHost: is required"], ErrorsOf(type));
    }

    [Fact]
    public void Create_LocalFileWithoutFile_NamesTheMember()
    {
        Assert.Equal(["spec.metadata.secretsFile: is required"], ErrorsOf("secretstores.local.file"));
    }

    [Fact]
    public void Create_ManyMistakes_ReportsThemAll()
    {
        var errors = ErrorsOf(
            "pubsub.sqlite",
            ("connectionString", "file:x.db?_pragma=busy_timeout(1)&_pragma=mmap_size(1)&vfs=none"),
            ("synchronous", "OFF"),
            ("processingTimeout", "soon"),
            ("redeliverInterval", "0"),
            ("concurrency", "0"),
            ("queueDepth", "many"));

        Assert.Equal(
            [
                "spec.metadata.concurrency: '0' is not a whole number of 1 or more",
                "spec.metadata.connectionString: _pragma=busy_timeout is not allowed: use the member busyTimeout",
                "spec.metadata.connectionString: _pragma=mmap_size is not supported",
                "spec.metadata.connectionString: option 'vfs=none' is not supported",
                "spec.metadata.processingTimeout: 'soon' is not a duration such as 500ms, 20s or 1m30s",
                "spec.metadata.queueDepth: 'many' is not a whole number of 1 or more",
                "spec.metadata.redeliverInterval: '0' is less than 100ms",
                "spec.metadata.synchronous: synchronous 'OFF' is neither FULL nor NORMAL",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("tableName", "state; DROP TABLE state")]
    [InlineData("metadataTableName", "a-b")]
    public void Create_TableNameThatIsNoIdentifier_IsRefused(string member, string name)
    {
        var error = Assert.Single(ErrorsOf("state.sqlite", ("connectionString", "x.db"), (member, name)));

        Assert.Equal($"spec.metadata.{member}: '{name}' may hold only letters, digits and underscores", error);
    }

    [Theory]
    [InlineData("data.db", "/base/data.db")]
    [InlineData("sub/../data.db", "/base/data.db")]
    [InlineData("/abs/data.db", "/abs/data.db")]
    [InlineData("file:data.db", "/base/data.db")]
    [InlineData("file:/abs/with%20space.db?cache=shared&_txlock=immediate", "/abs/with space.db")]
    [InlineData("file:///abs/data.db", "/abs/data.db")]
    [InlineData(":memory:", null)]
    [InlineData("file::memory:?cache=shared", null)]
    [InlineData("file:name?mode=memory", null)]
    public void ConnectionString_EveryForm_FindsTheFile(string text, string? path)
    {
        var (options, errors) = Parse(("connectionString", text));

        Assert.Empty(errors);
        Assert.Equal(path, options.Path);
    }

    [Fact]
    public void SqliteOptions_NothingElseGiven_AreDaprdsDefaults()
    {
        var (options, _) = Parse(("connectionString", "/x.db"));

        Assert.Equal(new SqliteOptions("/x.db", TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), true, SqliteSync.Full), options);
    }

    [Fact]
    public void SqliteOptions_AliasesAndAnyCase_AreRead()
    {
        var (options, errors) = Parse(
            ("URL", "/x.db"), ("TIMEOUTINSECONDS", "7"), ("busytimeout", "800ms"), ("DisableWal", "yes"), ("synchronous", "normal"));

        Assert.Empty(errors);
        Assert.Equal(new SqliteOptions("/x.db", TimeSpan.FromSeconds(7), TimeSpan.FromMilliseconds(800), false, SqliteSync.Normal), options);
    }

    [Fact]
    public void SqlitePubSubOptions_BareNumbers_AreMilliseconds()
    {
        var errors = new List<string>();
        var metadata = new ComponentMetadata(
            Spec("pubsub.sqlite", ("connectionString", "/x.db"), ("processingTimeout", "60000"), ("retention", "1h30m")), errors);

        var options = SqlitePubSubOptions.Parse(metadata, Context(NullLoggerFactory.Instance));

        Assert.Empty(errors);
        Assert.Equal((TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(90)), (options.ProcessingTimeout, options.Retention));
        Assert.Equal((TimeSpan.FromSeconds(15), 10, 100), (options.RedeliverInterval, options.Concurrency, options.QueueDepth));
    }

    [Fact]
    public void RedisPubSubOptions_NothingElseGiven_AreDaprdsDefaults()
    {
        var options = ParseRedis();

        Assert.Equal((TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(15), 100, 10), (options.ProcessingTimeout, options.RedeliverInterval, options.QueueDepth, options.Concurrency));
        Assert.Equal((null, 0, TimeSpan.Zero), (options.ConsumerId, options.MaxLength, options.StreamTtl));
        Assert.Empty(options.Doubtful());
    }

    [Fact]
    public void RedisPubSubOptions_AnyCaseAndBareMilliseconds_AreRead()
    {
        var options = ParseRedis(
            ("ConsumerID", "group"), ("PROCESSINGTIMEOUT", "30000"), ("redeliverInterval", "5s"), ("queueDepth", "7"), ("concurrency", "3"),
            ("maxLenApprox", "1000"), ("streamTTL", "24h"));

        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), 7, 3), (options.ProcessingTimeout, options.RedeliverInterval, options.QueueDepth, options.Concurrency));
        Assert.Equal(("group", 1000, TimeSpan.FromHours(24)), (options.ConsumerId, options.MaxLength, options.StreamTtl));
        Assert.Equal(["streamTTL"], options.Doubtful().Select(doubt => doubt.Member));
    }

    [Fact]
    public void Create_RedisPubSubMistakes_AreReportedTogether()
    {
        var errors = ErrorsOf(
            "pubsub.redis", ("processingTimeout", "soon"), ("redeliverInterval", "-1s"), ("concurrency", "0"), ("queueDepth", "0"), ("maxLenApprox", "many"), ("streamTTL", "x"));

        Assert.Equal(
            [
                "spec.metadata.concurrency: '0' is not a whole number of 1 or more",
                "spec.metadata.maxLenApprox: 'many' is not a whole number of 0 or more",
                "spec.metadata.processingTimeout: 'soon' is not a duration such as 500ms, 20s or 1m30s",
                "spec.metadata.queueDepth: '0' is not a whole number of 1 or more",
                "spec.metadata.redeliverInterval: '-1s' is less than 0ms",
                "spec.metadata.redisHost: is required",
                "spec.metadata.streamTTL: 'x' is not a duration such as 500ms, 20s or 1m30s",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("redeliverInterval")]
    [InlineData("processingTimeout")]
    public void Create_RedisPubSubWithoutRedelivery_IsWarnedAbout(string member)
    {
        var warnings = new List<string>();
        var context = Context(NullLoggerFactory.Instance) with { Warn = warning => warnings.Add(warning.ToString()) };

        var component = ComponentCatalog.Find("pubsub.redis")!(Spec("pubsub.redis", ("redisHost", "localhost"), (member, "0")), context, []);

        Assert.NotNull(component);
        Assert.Equal(
            [$"test.yaml: spec.metadata.{member}: 0 switches redelivery off: what a killed sidecar had in hand is lost; remove it to get the default"],
            warnings);
    }

    [Fact]
    public void Create_UnknownMember_IsWarnedAboutAndRuntimeMembersAreNot()
    {
        using var logs = new LogLines();
        var errors = new List<string>();
        var spec = Spec("state.sqlite", ("connectionString", "x.db"), ("keyPrefix", "none"), ("actorStateStore", "true"), ("conectionString", "y.db"));

        var component = ComponentCatalog.Find("state.sqlite")!(spec, Context(logs), errors);

        Assert.NotNull(component);
        var line = Assert.Single(logs.Lines);
        Assert.Equal("Warning: Component component (state.sqlite): spec.metadata.conectionString is not known and has no effect (test.yaml)", line);
    }

    private static List<string> ErrorsOf(string type, params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        var component = ComponentCatalog.Find(type)!(Spec(type, metadata), Context(NullLoggerFactory.Instance), errors);
        Assert.Null(component);
        return errors;
    }

    private static (SqliteOptions Options, List<string> Errors) Parse(params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        var options = SqliteOptions.Parse(
            new ComponentMetadata(Spec("state.sqlite", metadata), errors), Context(NullLoggerFactory.Instance));
        return (options, errors);
    }

    private static RedisPubSubOptions ParseRedis(params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        var options = RedisPubSubOptions.Parse(new ComponentMetadata(Spec("pubsub.redis", [("redisHost", "localhost"), .. metadata]), errors));
        Assert.Empty(errors);
        return options;
    }

    private static ComponentSpec Spec(string type, params (string Name, string Value)[] metadata) => new(
        "component", type, "v1", metadata.ToDictionary(item => item.Name, item => item.Value), false, TimeSpan.FromSeconds(5), "test.yaml");

    private static ComponentContext Context(ILoggerFactory loggers) =>
        new("app", "/base", ["/base"], new ManualClock(), loggers, new SharedClients());
}
