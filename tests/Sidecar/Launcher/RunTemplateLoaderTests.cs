using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class RunTemplateLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_OneBareApp_GetsTheDefaults()
    {
        var directory = _folder.Folder("order");

        var app = Assert.Single(Valid("""
            version: 1
            apps:
              - appDirPath: ./order
            """).Apps);

        Assert.Equal(("order", directory, "127.0.0.1"), (app.AppId, app.Directory, app.ChannelAddress));
        Assert.Equal((0, 0, 0), (app.AppPort, app.HttpPort, app.GrpcPort));
        Assert.Empty(app.Command);
        Assert.Empty(app.Shared.ResourcesPaths);
    }

    [Fact]
    public void Load_CommonSettings_FillOnlyWhatTheAppLeavesOut()
    {
        _folder.Folder("order");

        var shared = Assert.Single(Valid("""
            version: 1
            common:
              logLevel: debug
              enableAppHealthCheck: true
              appHealthCheckPath: /alive
              appHealthThreshold: 7
              env: { A: common, B: 2, C: true }
            apps:
              - appDirPath: order
                appHealthCheckPath: /up
                enableAppHealthCheck: false
                env: { A: own }
            """).Apps).Shared;

        Assert.Equal(("debug", "/up", 7), (shared.LogLevel, shared.HealthCheckPath, shared.HealthThreshold));
        Assert.True(shared.HealthCheck, "an app cannot turn a common true off");
        Assert.Equal(
            [new("A", "own"), new("B", "2"), new("C", "true")],
            shared.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true, true, true, "order/own")]
    [InlineData(false, true, true, "order/.dapr/resources")]
    [InlineData(false, false, true, "shared")]
    [InlineData(false, false, false, "home/.dapr/components")]
    public void Load_ResourcesPaths_FollowTheOfficialPrecedence(bool own, bool beside, bool common, string expected)
    {
        foreach (var folder in new[] { "order/own", "shared", "home/.dapr/components" })
        {
            _folder.Folder(folder);
        }

        if (beside)
        {
            _folder.Folder("order/.dapr/resources");
        }

        var app = Assert.Single(Valid($"""
            version: 1
            common:
              {(common ? "resourcesPaths: [shared]" : "logLevel: info")}
            apps:
              - appDirPath: order
                {(own ? "resourcesPaths: [own]" : "logLevel: info")}
            """).Apps);

        Assert.Equal([Path.Combine(_folder.Path, expected)], app.Shared.ResourcesPaths);
    }

    [Fact]
    public void Load_PathsBelowHome_AreExpanded()
    {
        var directory = _folder.Folder("home/shop/order");

        var app = Assert.Single(Valid("""
            version: 1
            apps: [{ appDirPath: ~/shop/order }]
            """).Apps);

        Assert.Equal(directory, app.Directory);
    }

    [Fact]
    public void Load_EmbeddedMember_IsReadAndOtherExtensionsAreSilent()
    {
        _folder.Folder("order");
        var embedded = _folder.Folder("components/embedded");
        var build = _folder.File("all.slnf");

        var loaded = Load("""
            version: 1
            x-embedded: { resourcesPaths: [components/embedded], build: ./all.slnf, ready: [one, two] }
            x-other: [anything]
            apps: [{ appDirPath: order, x-note: 1 }]
            """);

        Assert.Empty(loaded.Warnings);
        Assert.Equal([embedded], loaded.Template?.Embedded.ResourcesPaths);
        Assert.Equal(build, loaded.Template?.Embedded.Build);
        Assert.Equal(["one", "two"], loaded.Template?.Embedded.Ready);
    }

    [Fact]
    public void Load_MergeKey_IsFollowed()
    {
        _folder.Folder("order");

        var app = Assert.Single(Valid("""
            version: 1
            x-ports: &ports { appPort: 8082, daprHTTPPort: 3502 }
            apps:
              - <<: *ports
                appDirPath: order
            """).Apps);

        Assert.Equal((8082, 3502), (app.AppPort, app.HttpPort));
    }

    [Fact]
    public void Load_UnknownMembers_WarnWithTheNearestName()
    {
        _folder.Folder("order");

        var loaded = Load("""
            version: 1
            comon: {}
            apps:
              - appDirPath: order
                appId: order
                zzzzzzzz: 1
            """);

        Assert.Empty(loaded.Errors);
        Assert.Equal(
            [
                (5, "apps[0].appId", "is not a known member and is ignored; did you mean 'appID'?"),
                (6, "apps[0].zzzzzzzz", "is not a known member and is ignored"),
                (2, "comon", "is not a known member and is ignored; did you mean 'common'?"),
            ],
            loaded.Warnings.Select(warning => (warning.Line, warning.Member, warning.Message)));
    }

    [Fact]
    public void Load_ManyMistakes_NamesFileLineAndMemberOfEach()
    {
        _folder.Folder("order");
        _folder.Folder("stock");

        var loaded = Load("""
            version: 2
            common:
              resourcesPaths: [./nowhere]
              enableAppHealthCheck: maybe
            apps:
              - appID: order
                appDirPath: order
                appPort: eighty
                daprHTTPPort: 70000
                command: dotnet run
              - appID: order
                appDirPath: stock
                daprGRPCPort: 50001
                maxBodySize: much
              - appPort: 50001
              - just text
            """);

        Assert.Equal(
            [
                (1, "version"), (3, "common.resourcesPaths[0]"), (4, "common.enableAppHealthCheck"), (8, "apps[0].appPort"),
                (9, "apps[0].daprHTTPPort"), (10, "apps[0].command"), (14, "apps[1].maxBodySize"),
                (15, "apps[2].appDirPath"), (16, "apps[3]"),
            ],
            loaded.Errors.Select(error => (error.Line, error.Member)).Order());
        Assert.All(loaded.Errors, error => Assert.EndsWith("dapr.yaml", error.File, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_EntriesOfOneId_AreReplicasInTheOrderOfTheFile()
    {
        _folder.Folder("order");
        _folder.Folder("stock");

        var loaded = Load("""
            version: 1
            apps:
              - { appDirPath: order, appPort: 8082 }
              - { appDirPath: stock, appPort: 8083 }
              - { appDirPath: order, appPort: 8084 }
            """);

        Assert.Empty(loaded.Errors);
        Assert.Empty(loaded.Warnings);
        Assert.Equal([("order", 1, 8082), ("stock", 1, 8083), ("order", 2, 8084)], loaded.Template!.Apps.Select(app => (app.AppId, app.Replica, app.AppPort)));
    }

    [Fact]
    public void Load_OneIdInTwoFolders_WarnsOfAForgottenId()
    {
        _folder.Folder("order");
        _folder.Folder("stock");

        var loaded = Load("""
            version: 1
            apps:
              - { appDirPath: order, appPort: 8082 }
              - { appID: order, appDirPath: stock, appPort: 8083 }
            """);

        Assert.Empty(loaded.Errors);
        var warning = Assert.Single(loaded.Warnings);
        Assert.Equal((4, "apps[1].appID"), (warning.Line, warning.Member));
        Assert.StartsWith("'order' is also the app of line 3, which stands in another folder", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PortUsedTwice_NamesBothUses()
    {
        _folder.Folder("order");
        _folder.Folder("stock");

        var loaded = Load("""
            version: 1
            apps:
              - { appDirPath: order, appPort: 8082, daprHTTPPort: 3502 }
              - { appDirPath: stock, appPort: 8083, daprHTTPPort: 8082 }
            """);

        var error = Assert.Single(loaded.Errors);
        Assert.Equal((4, "apps[1].daprHTTPPort", "8082 is already the appPort of order"), (error.Line, error.Member, error.Message));
    }

    [Theory]
    [InlineData("apps: [", "document")]
    [InlineData("- a list", "document")]
    [InlineData("", "document")]
    [InlineData("version: 1", "apps")]
    [InlineData("version: 1\napps: []", "apps")]
    public void Load_NotATemplate_IsAnErrorNotACrash(string text, string member)
    {
        var loaded = Load(text);

        Assert.Equal(member, Assert.Single(loaded.Errors).Member);
    }

    private RunTemplate Valid(string text)
    {
        var loaded = Load(text);
        Assert.Empty(loaded.Errors);
        return loaded.Template!;
    }

    private LoadedTemplate Load(string text) =>
        RunTemplateLoader.Load(text, Path.Combine(_folder.Path, "dapr.yaml"), _folder.Path, Path.Combine(_folder.Path, "home"));
}
