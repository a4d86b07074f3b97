using DaprShop.Tests.Wire;
using Sidecar.Configuration;
using Sidecar.Reload;

namespace DaprShop.Tests.Reload;

public sealed class ResourceChangesTests
{
    [Fact]
    public void Between_FilesAndWhatRuns_TellsWhatWasAddedChangedAndRemoved()
    {
        var running = Read(
            Yaml.Component("same", "state.in-memory", ("a", "1")),
            Yaml.Component("changed", "state.in-memory", ("a", "1")),
            Yaml.Component("gone", "state.in-memory"));
        var files = Read(
            Yaml.Component("added", "pubsub.in-memory"),
            Yaml.Component("same", "state.in-memory", ("a", "1")),
            Yaml.Component("changed", "state.in-memory", ("a", "2")),
            Yaml.Component("secrets", "secretstores.local.env"));

        var changes = ResourceChanges.Between(running.ToDictionary(document => document.Name), files);

        Assert.Equal(["gone"], changes.Deleted);
        Assert.Equal(["changed"], changes.Updated.Select(document => document.Name));
        Assert.Equal(["secrets", "added"], changes.Created.Select(document => document.Name));
    }

    [Theory]
    [InlineData("{ type: state.in-memory, version: v1 }", "{ version: v1, type: state.in-memory } # a word", true)]
    [InlineData("{ type: state.in-memory, version: v1 }", "{ type: state.in-memory, version: v2 }", false)]
    [InlineData("{ type: a, metadata: [{ name: n, value: \"{uuid}\" }] }", "{ type: a, metadata: [{ name: n, value: \"{uuid}\" }] }", true)]
    [InlineData("{ type: a, metadata: [{ name: n, value: 010 }] }", "{ type: a, metadata: [{ name: n, value: 10 }] }", false)]
    [InlineData("{ type: a }", "{ type: a }\nscopes: [app]", false)]
    [InlineData("{ type: a, metadata: [{ name: n, value: \"1:2\" }] }", "{ type: a, metadata: [{ name: n, value: \"1\" }] }", false)]
    public void Content_OfTwoDocuments_IsTheSameWhenTheyMeanTheSame(string first, string second, bool isSame)
    {
        var one = Assert.Single(Read(Document(first)));
        var other = Assert.Single(Read(Document(second)));

        Assert.Equal(isSame, one.Content == other.Content);
    }

    private static string Document(string spec) =>
        $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {{ name: c }}\nspec: {spec}";

    private static IReadOnlyList<ComponentDocument> Read(params string[] texts)
    {
        var folder = Directory.CreateTempSubdirectory("changes-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "all.yaml"), string.Join("\n---\n", texts));
            var next = 0;
            var scope = new ResourceScope("app", null, _ => null, () => $"{++next}");
            var errors = new List<ConfigurationError>();
            var resources = new ResourceLoader(scope, errors).Load([folder.FullName], []);
            Assert.Empty(errors);
            return resources.Components;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
