namespace DaprShop.Tests.Wire;

/// <summary>Resource documents that many tests need.</summary>
internal static class Yaml
{
    public static string Component(string name, string type, params (string Name, string Value)[] metadata) =>
        $"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: {name}
        spec:
          type: {type}
          version: v1
          metadata: [{string.Join(", ", metadata.Select(item => $"{{ name: {item.Name}, value: \"{item.Value}\" }}"))}]
        """;
}
