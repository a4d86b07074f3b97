using DaprShop.TestKit;
using DaprShop.Tests.Host;
using DaprShop.Tests.Wire;
using Sidecar.Components;

namespace DaprShop.Tests.Reload;

/// <summary>Components whose files change under a running sidecar.</summary>
public sealed class ComponentReloadTests
{
    [Fact]
    public async Task Component_AddedChangedAndRemoved_IsThereAtOnceAndInTheMetadata()
    {
        await using var sidecar = await StartAsync(Yaml.Component("first", "state.in-memory"));

        sidecar.Rewrite("a.yaml", Yaml.Component("a", "state.in-memory"));
        await Eventually.Get(() => SaveAsync(sidecar, "a"), answer => answer == "204");
        Assert.Contains("""{"name":"a","type":"state.in-memory","version":"v1",""", await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"), StringComparison.Ordinal);

        // Another content makes another store, which is empty.
        sidecar.Rewrite("a.yaml", Yaml.Component("a", "state.in-memory", ("marker", "2")));
        await Eventually.Get(() => sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k"), answer => answer == "204");

        sidecar.Rewrite("a.yaml", null);
        await Eventually.Get(() => sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k"), answer => answer.StartsWith("400 ", StringComparison.Ordinal));
        Assert.DoesNotContain("\"name\":\"a\"", await sidecar.Http.SendTextAsync("GET", "/v1.0/metadata"), StringComparison.Ordinal);
        Assert.False(sidecar.Host.ReloadFailed.IsCompleted);
    }

    [Fact]
    public async Task Component_OfTheSameContent_IsNotTouched()
    {
        await using var sidecar = await StartAsync(Yaml.Component("a", "state.in-memory"));
        Assert.Equal("204", await SaveAsync(sidecar, "a"));

        sidecar.Rewrite("00.yaml", $"# Rewritten.\n{Yaml.Component("a", "state.in-memory")}\n---\n{Yaml.Component("b", "state.in-memory")}");
        await Eventually.Get(() => SaveAsync(sidecar, "b"), answer => answer == "204");

        Assert.Equal("200 1", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k"));
    }

    [Fact]
    public async Task Component_ReplacedUnderACall_IsClosedAfterIt()
    {
        var stores = new List<GatedStateStore>();
        GatedStateStore Make()
        {
            stores.Add(new GatedStateStore());
            return stores[^1];
        }

        await using var sidecar = await RunningSidecar.StartAsync(Setup(Yaml.Component("a", "state.gated")) with
        {
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.gated"] = Make },
        });
        var inFlight = sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k");
        await stores[0].Entered;

        sidecar.Rewrite("00.yaml", Yaml.Component("a", "state.gated", ("marker", "2")));
        await Eventually.True(() => stores.Count == 2);
        var onTheNew = sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k");
        await stores[1].Entered;
        stores[1].Open();
        Assert.Equal("204", await onTheNew);
        Assert.Equal(0, stores[0].Disposals);

        stores[0].Open();
        Assert.Equal("204", await inFlight);
        await Eventually.True(() => stores[0].Disposals == 1);
        Assert.Equal(0, stores[1].Disposals);
    }

    [Fact]
    public async Task Component_ThatIsMeantForOthers_ComesOnceItsScopesNameTheApp()
    {
        await using var sidecar = await StartAsync(Yaml.Component("first", "state.in-memory"));

        sidecar.Rewrite("a.yaml", $"{Yaml.Component("a", "state.in-memory")}\nscopes: [other]\n---\n{Yaml.Component("b", "state.in-memory")}");
        await Eventually.Get(() => SaveAsync(sidecar, "b"), answer => answer == "204");
        Assert.StartsWith("400 ", await SaveAsync(sidecar, "a"), StringComparison.Ordinal);

        sidecar.Rewrite("a.yaml", $"{Yaml.Component("a", "state.in-memory")}\nscopes: [other, app]");
        await Eventually.Get(() => SaveAsync(sidecar, "a"), answer => answer == "204");
    }

    [Fact]
    public async Task Component_ThatFailsAndMayBeIgnored_IsGoneUntilItWorks()
    {
        await using var sidecar = await RunningSidecar.StartAsync(Setup(Yaml.Component("a", "state.in-memory")) with
        {
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.broken"] = () => new BrokenStateStore() },
        });

        sidecar.Rewrite("00.yaml", Yaml.Component("a", "state.broken").Replace("version: v1", "version: v1\n  ignoreErrors: true", StringComparison.Ordinal));
        await Eventually.Get(() => SaveAsync(sidecar, "a"), answer => answer.Contains("ERR_STATE_STORE_NOT_CONFIGURED", StringComparison.Ordinal));

        sidecar.Rewrite("00.yaml", Yaml.Component("a", "state.in-memory"));
        await Eventually.Get(() => SaveAsync(sidecar, "a"), answer => answer == "204");
        Assert.False(sidecar.Host.ReloadFailed.IsCompleted);
    }

    [Theory]
    [InlineData("state.broken", "component a (state.broken/v1): cannot connect")]
    [InlineData("state.sqlit", "spec.type: 'state.sqlit' is not a known component type; did you mean 'state.sqlite'?")]
    public async Task Component_ThatFails_AsksForTheEndOfTheSidecarAndTheOneBeforeServesUntilThen(string type, string problem)
    {
        await using var sidecar = await RunningSidecar.StartAsync(Setup(Yaml.Component("a", "state.in-memory")) with
        {
            Drivers = new Dictionary<string, Func<IComponent>> { ["state.broken"] = () => new BrokenStateStore() },
        });

        sidecar.Rewrite("00.yaml", Yaml.Component("a", type));
        var wrong = await sidecar.Host.ReloadFailed.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Contains(problem, Assert.Single(wrong).ToString(), StringComparison.Ordinal);
        Assert.Equal("204", await SaveAsync(sidecar, "a"));
    }

    [Fact]
    public async Task File_ThatCannotBeRead_ChangesNothingUntilItCan()
    {
        await using var sidecar = await StartAsync(Yaml.Component("a", "state.in-memory"));

        sidecar.Rewrite("00.yaml", "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: a");
        await Eventually.True(() => sidecar.Log.Contains("Nothing is reloaded until the files can be read again", StringComparison.Ordinal));
        Assert.Equal("204", await SaveAsync(sidecar, "a"));

        sidecar.Rewrite("00.yaml", $"{Yaml.Component("a", "state.in-memory")}\n---\n{Yaml.Component("b", "state.in-memory")}");
        await Eventually.Get(() => SaveAsync(sidecar, "b"), answer => answer == "204");
        Assert.Equal("200 1", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k"));
        Assert.False(sidecar.Host.ReloadFailed.IsCompleted);
    }

    [Fact]
    public async Task ActorStateStore_ChangedOrDoubled_StaysAsItIs()
    {
        await using var sidecar = await StartAsync(Yaml.Component("a", "state.in-memory", ("actorStateStore", "true")));
        Assert.Equal("204", await SaveAsync(sidecar, "a"));

        sidecar.Rewrite("00.yaml", Yaml.Component("a", "state.in-memory", ("actorStateStore", "true"), ("marker", "2")));
        sidecar.Rewrite("b.yaml", Yaml.Component("b", "state.in-memory", ("actorStateStore", "true")));
        sidecar.Rewrite("c.yaml", Yaml.Component("c", "state.in-memory"));
        await Eventually.Get(() => SaveAsync(sidecar, "c"), answer => answer == "204");
        await Eventually.True(() => sidecar.Log.Contains("The change of component a is skipped: the actor state store (a) is not changed", StringComparison.Ordinal));
        await Eventually.True(() => sidecar.Log.Contains("The change of component b is skipped", StringComparison.Ordinal));
        sidecar.Rewrite("00.yaml", null);
        sidecar.Rewrite("c.yaml", null);
        await Eventually.Get(() => SaveAsync(sidecar, "c"), answer => answer.StartsWith("400 ", StringComparison.Ordinal));

        Assert.Equal("200 1", await sidecar.Http.SendTextAsync("GET", "/v1.0/state/a/k"));
        Assert.StartsWith("400 ", await SaveAsync(sidecar, "b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resiliency_Changed_IsNamedAsWaitingForTheNextStart()
    {
        await using var sidecar = await StartAsync(Yaml.Component("a", "state.in-memory"));

        sidecar.Rewrite("r.yaml", "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: { name: r }\nspec: { policies: { timeouts: { t: 1s } } }");

        await Eventually.True(() => sidecar.Log.Contains("Resiliency has changed in the files; it takes effect when the sidecar is restarted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Feature_SwitchedOff_IsSaidAtTheStart()
    {
        await using var sidecar = await RunningSidecar.StartAsync(Setup(Yaml.Component("a", "state.in-memory")) with
        {
            Configurations = ["apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: { name: c }\nspec: { features: [{ name: HotReload, enabled: false }] }"],
        });

        Assert.Contains("Hot reload is off", sidecar.Log, StringComparison.Ordinal);
    }

    private static Task<RunningSidecar> StartAsync(params string[] resources) => RunningSidecar.StartAsync(Setup(resources));

    // Where the machine has no watch left, the rescan finds the change.
    private static SidecarSetup Setup(params string[] resources) => new()
    {
        Resources = resources,
        Options = options => options with { ReloadInterval = TimeSpan.FromSeconds(1) },
    };

    private static Task<string> SaveAsync(RunningSidecar sidecar, string store) =>
        sidecar.Http.SendTextAsync("POST", $"/v1.0/state/{store}", """[{"key":"k","value":1}]""");
}
