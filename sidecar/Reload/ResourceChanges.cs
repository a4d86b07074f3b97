using Sidecar.Configuration;

namespace Sidecar.Reload;

/// <summary>How the components of the files differ from those that run, in the order in which daprd applies it.</summary>
internal sealed record ResourceChanges(IReadOnlyList<string> Deleted, IReadOnlyList<ComponentDocument> Updated, IReadOnlyList<ComponentDocument> Created)
{
    /// <param name="running">By name, as they were when they were loaded.</param>
    public static ResourceChanges Between(IReadOnlyDictionary<string, ComponentDocument> running, IReadOnlyList<ComponentDocument> files)
    {
        var names = files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);

        // Whatever takes its values from a secret store comes after it.
        var inOrder = files.OrderBy(file => file.IsSecretStore ? 0 : 1).ToList();
        return new ResourceChanges(
            [.. running.Keys.Where(name => !names.Contains(name))],
            [.. inOrder.Where(file => running.TryGetValue(file.Name, out var now) && now.Content != file.Content)],
            [.. inOrder.Where(file => !running.ContainsKey(file.Name))]);
    }
}
