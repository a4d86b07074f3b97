using Sidecar.Configuration;

namespace DaprShop.Tests.Configuration;

public sealed class SecretScopeTests
{
    [Theory]
    [InlineData(true, "", "", "a", true)]
    [InlineData(false, "", "", "a", false)]
    [InlineData(true, "", "a", "a", false)]
    [InlineData(true, "", "a", "A", true)]
    [InlineData(false, "a", "", "a", true)]
    [InlineData(true, "a", "", "b", false)]
    [InlineData(true, "a", "a", "a", true)]
    public void Allows_AKey_AsAllowListThenDenyListThenDefaultSay(bool defaultAllows, string allowed, string denied, string key, bool expected)
    {
        var scope = new SecretScope("vault", defaultAllows, Set(allowed), Set(denied));

        Assert.Equal(expected, scope.Allows(key));
    }

    [Fact]
    public void Read_ALaterFile_TakesThePlaceOfTheScopes()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["1.cfg", "2.cfg", "3.cfg"] },
            ("1.cfg", ConfigurationText.Of("secrets: { scopes: [{ storeName: old, defaultAccess: deny }] }")),
            ("2.cfg", ConfigurationText.Of("secrets: { scopes: [{ storeName: vault, defaultAccess: Deny, allowedSecrets: [a, b], deniedSecrets: [c] }] }")),
            ("3.cfg", ConfigurationText.Of("mtls: { enabled: false }")));

        var scope = Assert.Single(loaded.Resources.Configuration.SecretScopes);
        Assert.Empty(loaded.Errors);
        Assert.Equal(("vault", false), (scope.StoreName, scope.DefaultAllows));
        Assert.Equal(["a", "b"], scope.Allowed.Order());
        Assert.Equal(["c"], scope.Denied);
    }

    [Fact]
    public void Read_Mistakes_AreAllReported()
    {
        var loaded = LoadedResources.Load(
            new ReaderSetup { ConfigFiles = ["1.cfg"] },
            ("1.cfg", ConfigurationText.Of("secrets: { scopes: [{ storeName: v }, { storeName: v, defaultAccess: maybe }, { deniedSecret: [x] }] }")));

        Assert.Equal(
            [
                "1.cfg:5: spec.secrets.scopes[1].storeName: 'v' has a scope already",
                "1.cfg:5: spec.secrets.scopes[1].defaultAccess: must be allow or deny, not 'maybe'",
                "1.cfg:5: spec.secrets.scopes[2].storeName: is required",
            ],
            loaded.Errors);
        Assert.Equal(
            ["1.cfg:5: spec.secrets.scopes[2].deniedSecret: is not a known member and is ignored; did you mean 'deniedSecrets'?"],
            loaded.Warnings);
    }

    private static HashSet<string> Set(string names) => [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries)];
}
