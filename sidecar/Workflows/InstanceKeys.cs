using System.Globalization;

namespace Sidecar.Workflows;

/// <summary>Where one app's workflow state lives. The namespace is that of Dapr's workflow actors.</summary>
internal sealed class InstanceKeys(string appId, string @namespace)
{
    private const string DocumentSuffix = "||metadata";

    private readonly string _instances = $"{appId}||dapr.internal.{@namespace}.{appId}.workflow||";

    /// <summary>Under this type an instance is an actor to the placement.</summary>
    public string ActorType => $"dapr.internal.{@namespace}.{appId}.workflow";

    /// <summary>Where the sidecars of the app that share its workflows are written down.</summary>
    public string Members => $"{appId}||dapr.internal.{@namespace}.{appId}.workflow-hosts||members";

    private readonly string _unfinished = $"{appId}||dapr.internal.{@namespace}.{appId}.unfinished||";

    /// <summary>All markers start with this.</summary>
    public string UnfinishedPrefix => _unfinished;

    /// <summary>The documents of all instances start with this; so do their pages.</summary>
    public string InstancePrefix => _instances;

    /// <summary>The instance whose document stands under the key; null for a page's key.</summary>
    public string? InstanceOf(string key) =>
        key.EndsWith(DocumentSuffix, StringComparison.Ordinal) ? key[_instances.Length..^DocumentSuffix.Length] : null;

    public string Document(string instanceId) => $"{_instances}{instanceId}{DocumentSuffix}";

    /// <summary>The execution id keeps a page write-once although the instance id may be used again.</summary>
    public string Page(string instanceId, string executionId, int page) =>
        string.Create(CultureInfo.InvariantCulture, $"{_instances}{instanceId}||history-{executionId}-{page:D6}");

    public string Marker(string instanceId, string executionId) => $"{_unfinished}{instanceId}||{executionId}";

    /// <summary>The instance and execution that a marker names. The last separator counts: an instance id may hold one.</summary>
    public (string InstanceId, string ExecutionId) ParseMarker(string key)
    {
        var separator = key.LastIndexOf("||", StringComparison.Ordinal);
        return (key[_unfinished.Length..separator], key[(separator + 2)..]);
    }
}
