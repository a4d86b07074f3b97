using System.Text.Json.Nodes;

namespace DaprShop.Tests.Manifests.Rendering;

/// <summary>One Kubernetes object.</summary>
internal sealed record Resource(JsonObject Root)
{
    public string ApiVersion => Root.Text("apiVersion");

    /// <summary>"" for the core group.</summary>
    public string Group => ApiVersion.Contains('/', StringComparison.Ordinal) ? ApiVersion[..ApiVersion.IndexOf('/', StringComparison.Ordinal)] : "";

    public string Kind => Root.Text("kind");

    public string Name => Root.Text("metadata", "name");

    /// <summary>Unique within a cluster, as all of them lie in one namespace.</summary>
    public string Id => $"{Group}/{Kind}/{Name}";

    public Resource Copy() => new((JsonObject)Root.DeepClone());

    public override string ToString() => $"{Kind} {Name}";
}
