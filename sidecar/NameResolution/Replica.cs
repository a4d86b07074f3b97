namespace Sidecar.NameResolution;

/// <summary>A sidecar in a process of its own, as its peers find it.</summary>
/// <param name="Address">Of its internal port.</param>
/// <param name="Secret">Known to those who may read the register; it lets no call in without.</param>
/// <param name="LastSeen">Unix milliseconds of its last sign of life.</param>
internal sealed record Replica(string Id, string AppId, string Namespace, string Address, string Secret, long LastSeen);
