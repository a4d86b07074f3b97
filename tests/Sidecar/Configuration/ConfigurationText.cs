namespace DaprShop.Tests.Configuration;

/// <summary>Documents of kind Configuration.</summary>
internal static class ConfigurationText
{
    /// <param name="spec">Members of the spec, each on a line of its own without indentation.</param>
    public static string Of(params string[] spec) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: { name: c }
        spec:
          {{string.Join("\n  ", spec)}}
        """;
}
