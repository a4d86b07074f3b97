namespace DaprShop.Tests.Configuration;

public sealed class ResourceLoaderTests
{
    [Fact]
    public void Load_AFolder_TakesItsYamlFilesOnlyAndInOrder()
    {
        var loaded = LoadedResources.Load(
            ("b.yml", Document("b")),
            ("a.yaml", $"{Document("a1")}\n---\n{Document("a2")}"),
            ("c.yaml.bak", Document("c")),
            ("nested/d.yaml", Document("d")),
            ("other.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: x }"),
            ("empty.yaml", "# nothing\n---\n"));

        Assert.Empty(loaded.Errors);
        Assert.Equal(["a1", "a2", "b"], loaded.Resources.Components.Select(component => component.Name));
    }

    [Theory]
    [InlineData("scopes: [app, other]", true)]
    [InlineData("scopes: []", true)]
    [InlineData("scopes: [other]", false)]
    public void Load_Scopes_LimitWhoSeesADocument(string scopes, bool seen)
    {
        var loaded = LoadedResources.Load(("a.yaml", $"{Document("a")}\n{scopes}"));

        Assert.Equal(seen ? 1 : 0, loaded.Resources.Components.Count);
    }

    [Theory]
    [InlineData(null, "shop", true)]
    [InlineData("shop", "shop", true)]
    [InlineData("shop", null, true)]
    [InlineData("default", "shop", false)]
    public void Load_ANamespace_CountsOnlyWhenBothSidesNameOne(string? ours, string? theirs, bool seen)
    {
        var text = Document("a").Replace("name: a", theirs is null ? "name: a" : $"name: a, namespace: {theirs}", StringComparison.Ordinal);

        var loaded = LoadedResources.Load(new ReaderSetup { Namespace = ours }, ("a.yaml", text));

        Assert.Equal(seen ? 1 : 0, loaded.Resources.Components.Count);
    }

    [Fact]
    public void Load_BrokenDocuments_ReportsAllOfThemAndReadsTheOthers()
    {
        var loaded = LoadedResources.Load(
            ("a.yaml", $"a: [1\n---\n{Document("good")}\n---\n- list\n---\nx: 1\nx: 2\n"),
            ("b.yaml", "kind: Component\nmetadata: { name: b }"),
            ("c.yaml", "apiVersion: dapr.io/v2\nkind: Subscription\n---\napiVersion: dapr.io/v1alpha1\nkind: Componet\n"));

        var errors = loaded.Errors.ToList();
        Assert.Equal(["good"], loaded.Resources.Components.Select(component => component.Name));
        Assert.Equal(5, errors.Count);
        Assert.StartsWith("a.yaml:2: document: is not valid YAML: ", errors[0], StringComparison.Ordinal);
        Assert.Equal("a.yaml:8: document: is not a mapping with apiVersion and kind", errors[1]);
        Assert.StartsWith("a.yaml:11: document: is not valid YAML: ", errors[2], StringComparison.Ordinal);
        Assert.Equal("b.yaml:1: apiVersion: is required", errors[3]);
        Assert.Equal("c.yaml:1: apiVersion: 'dapr.io/v2' is not an apiVersion of Subscription", errors[4]);
        Assert.Equal(["c.yaml:5: kind: 'Componet' is not a known kind; the document is skipped; did you mean 'Component'?"], loaded.Warnings);
    }

    [Fact]
    public void Load_TheSameComponentNameTwice_NamesBothPlaces()
    {
        var loaded = LoadedResources.Load(("a.yaml", Document("same")), ("b.yaml", Document("same")));

        var error = Assert.Single(loaded.Errors);
        Assert.StartsWith("b.yaml:3: metadata.name: 'same' is already the name of the component in ", error, StringComparison.Ordinal);
        Assert.EndsWith("a.yaml:3", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AnUnknownSecretStore_IsAnError()
    {
        var text = """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: a }
            spec:
              type: state.redis
              metadata:
                - { name: p, secretKeyRef: { name: s } }
            auth: { secretStore: valt }
            """;

        var loaded = LoadedResources.Load(("a.yaml", text), ("b.yaml", Document("vault")));

        Assert.Equal(["a.yaml:3: auth.secretStore: there is no secret store 'valt' for app app"], loaded.Errors);
    }

    [Fact]
    public void Load_AResiliencyThatIsNotFirstInItsFile_IsAnError()
    {
        var text = $"{Document("a")}\n---\napiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {{ name: r }}\n";

        var loaded = LoadedResources.Load(("a.yaml", text));

        Assert.Equal(["a.yaml:7: kind: a Resiliency has to be the first document of its file: daprd reads no other"], loaded.Errors);
    }

    private static string Document(string name) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: { name: {{name}} }
        spec: { type: state.in-memory, version: v1 }
        """;
}
