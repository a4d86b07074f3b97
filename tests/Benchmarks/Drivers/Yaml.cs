namespace DaprShop.Benchmarks.Drivers;

/// <summary>Component and subscription files for the sidecar under test.</summary>
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
          initTimeout: 30s
          metadata:
        {string.Concat(metadata.Select(item => $"    - name: {item.Name}\n      value: \"{item.Value}\"\n"))}
        """;

    public static string Subscription(string topic, string route, params (string Name, string Value)[] metadata) =>
        $"""
        apiVersion: dapr.io/v2alpha1
        kind: Subscription
        metadata:
          name: {topic}
        spec:
          pubsubname: pubsub
          topic: {topic}
          routes:
            default: {route}
          metadata:
            origin: bench
        {string.Concat(metadata.Select(item => $"    {item.Name}: \"{item.Value}\"\n"))}
        """;
}
