#nullable disable
namespace Dapr.Client;

/// <summary>A component that the sidecar has loaded.</summary>
public sealed class DaprComponentsMetadata
{
    /// <summary>A component's description.</summary>
    public DaprComponentsMetadata(string name, string type, string version, string[] capabilities)
    {
        Name = name;
        Type = type;
        Version = version;
        Capabilities = capabilities;
    }

    /// <summary>The component's name.</summary>
    public string Name { get; }

    /// <summary>The component's type, such as <c>state.redis</c>.</summary>
    public string Type { get; }

    /// <summary>The component's version, such as <c>v1</c>.</summary>
    public string Version { get; }

    /// <summary>What the component can do, such as <c>ETAG</c>.</summary>
    public string[] Capabilities { get; }
}
