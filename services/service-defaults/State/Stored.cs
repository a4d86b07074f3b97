namespace DaprShop.ServiceDefaults.State;

/// <summary>How a changing document lies in the store (commit rule R2).</summary>
/// <param name="Schema">Version of the document's shape; readers of N accept N-1.</param>
/// <param name="Commits">Ids of the newest swaps, newest first: how a writer recognises its own success behind a 409.</param>
internal sealed record Stored<T>(int Schema, IReadOnlyList<string> Commits, T Document);

/// <summary>How a document that is written once lies in the store (commit rule R1).</summary>
internal sealed record Sealed<T>(int Schema, T Document);
