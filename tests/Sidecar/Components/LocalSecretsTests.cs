using System.Text;
using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Components.Secrets.LocalEnv;
using Sidecar.Components.Secrets.LocalFile;

namespace DaprShop.Tests.Components;

public sealed class LocalSecretsTests
{
    private const string Nested =
        """{"plain":"a","redis":{"password":"b","hosts":["x","y"],"deep":{"er":"c"}},"port":6379,"tls":true,"none":null}""";

    [Fact]
    public void Document_SingleValued_FlattensEveryLeaf()
    {
        var secrets = Parse(Nested, multiValued: false);

        Assert.Equal(
            [
                "none={none=}", "plain={plain=a}", "port={port=6379}", "redis:deep:er={redis:deep:er=c}", "redis:hosts:0={redis:hosts:0=x}",
                "redis:hosts:1={redis:hosts:1=y}", "redis:password={redis:password=b}", "tls={tls=true}",
            ],
            secrets);
    }

    [Fact]
    public void Document_MultiValued_KeepsTheTopLevel()
    {
        var secrets = Parse(Nested, multiValued: true, separator: "/");

        Assert.Equal(["plain={plain=a}", "redis={deep/er=c,hosts/0=x,hosts/1=y,password=b}"], secrets);
    }

    [Fact]
    public async Task File_Relative_IsTakenFromTheFirstFolderThatHasIt()
    {
        var root = Directory.CreateTempSubdirectory("secrets-").FullName;
        try
        {
            string[] folders = [Path.Combine(root, "none"), Path.Combine(root, "one"), Path.Combine(root, "two")];
            Directory.CreateDirectory(folders[1]);
            Directory.CreateDirectory(folders[2]);
            await File.WriteAllTextAsync(Path.Combine(folders[1], "s.json"), """{"k":"first"}""");
            await File.WriteAllTextAsync(Path.Combine(folders[2], "s.json"), """{"k":"second"}""");

            var store = await StartAsync("s.json", folders);

            Assert.Equal("first", (await store.GetAsync("k", default))["k"]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task File_Missing_NamesEveryPlaceItWasLookedForIn()
    {
        var failure = await Assert.ThrowsAsync<ComponentException>(() => StartAsync("missing.json", ["/nowhere/a", "/nowhere/b"]));

        Assert.Equal("secrets file not found: /nowhere/a/missing.json, /nowhere/b/missing.json", failure.Message);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":")]
    public async Task File_ThatIsNoObject_IsAnError(string content)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, content);

            var failure = await Assert.ThrowsAsync<ComponentException>(() => StartAsync(path, []));

            Assert.StartsWith($"secrets file {path}: ", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("DAPR_API_TOKEN", false)]
    [InlineData("dapr_anything", false)]
    [InlineData("APP_API_TOKEN", false)]
    [InlineData("app_api_token", false)]
    [InlineData("APP_API_TOKEN_2", true)]
    [InlineData("MYDAPR_X", true)]
    public void Env_NamesThatDaprdKeeps_AreRefused(string name, bool allowed)
    {
        Assert.Equal(allowed, LocalEnvSecretStore.IsAllowed(name));
    }

    [Fact]
    public async Task Env_RefusedName_IsEmptyAndNotListed()
    {
        Environment.SetEnvironmentVariable("DAPR_SECRETSTEST", "hidden");
        var store = (ISecretStore)ComponentCatalog.Find("secretstores.local.env")!(Spec("secretstores.local.env"), Context([]), new List<string>())!;

        Assert.Equal("", (await store.GetAsync("DAPR_SECRETSTEST", default))["DAPR_SECRETSTEST"]);
        Assert.DoesNotContain("DAPR_SECRETSTEST", (await store.GetAllAsync(default)).Keys);
    }

    private static IEnumerable<string> Parse(string json, bool multiValued, string separator = ":") =>
        SecretsDocument.Parse(Encoding.UTF8.GetBytes(json), new LocalFileSecretOptions("", separator, multiValued))
            .Select(secret => $"{secret.Key}={{{string.Join(',', secret.Value.Select(value => $"{value.Key}={value.Value}").Order(StringComparer.Ordinal))}}}")
            .Order(StringComparer.Ordinal);

    private static async Task<ISecretStore> StartAsync(string file, string[] folders)
    {
        var store = (ISecretStore)ComponentCatalog.Find("secretstores.local.file")!(
            Spec("secretstores.local.file", ("secretsFile", file)), Context(folders), new List<string>())!;
        await store.InitAsync(default);
        return store;
    }

    private static ComponentSpec Spec(string type, params (string Name, string Value)[] metadata) => new(
        "component", type, "v1", metadata.ToDictionary(item => item.Name, item => item.Value), false, TimeSpan.FromSeconds(5), "test.yaml");

    private static ComponentContext Context(IReadOnlyList<string> folders) => new(
        "app", "/base", folders, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, new SharedClients());
}
