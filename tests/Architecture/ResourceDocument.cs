using YamlDotNet.RepresentationModel;

namespace DaprShop.Tests;

/// <summary>One YAML document of a component set.</summary>
internal sealed record ResourceDocument(string File, YamlMappingNode Root)
{
    public string Kind => Text("kind");

    public string Name => Text("metadata", "name");

    public string Type => Text("spec", "type");

    public IReadOnlyList<string> Scopes => Find("scopes") is YamlSequenceNode scopes ? [.. scopes.Select(scope => scope.ToString())] : [];

    public static IReadOnlyList<ResourceDocument> In(string folder) =>
    [
        .. Repository.Files(folder, ".yaml").SelectMany(file =>
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(Repository.Read(file)));
            return stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>().Select(root => new ResourceDocument(file, root));
        }),
    ];

    public string Text(params string[] path) => Find(path) is YamlScalarNode scalar ? scalar.Value ?? "" : "";

    public YamlNode? Find(params string[] path)
    {
        YamlNode? node = Root;
        foreach (var name in path)
        {
            node = node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;
        }

        return node;
    }
}
