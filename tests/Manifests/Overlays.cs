using System.Collections.Concurrent;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests;

/// <summary>The overlays, each rendered once.</summary>
internal static class Overlays
{
    private static readonly ConcurrentDictionary<string, IReadOnlyList<Resource>> Known = new();

    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "k8s/overlays")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    public static string Folder(string name) => $"k8s/overlays/{name}";

    /// <returns>A copy that its caller may change.</returns>
    public static List<Resource> Render(string name) =>
        [.. Known.GetOrAdd(name, _ => new Renderer(new ManifestFiles()).Render(Folder(name))).Select(resource => resource.Copy())];
}
