namespace DaprShop.Tests.State;

/// <summary>What is promised of one driver besides its capabilities, taken from dapr-contract.md 4.5 to 4.7.</summary>
internal sealed record StateDriver(string Type, params (string Name, string Value)[] Metadata)
{
    public required bool Durable { get; init; }

    /// <summary>A write with an ETag to a key that does not exist fails (Redis lets it through).</summary>
    public required bool EtagOnMissingKeyFails { get; init; }

    /// <summary>A delete with an ETag of a key that does not exist fails (Redis lets it through).</summary>
    public required bool EtagDeleteOfMissingKeyFails { get; init; }

    /// <summary>A failing operation takes the whole transaction with it (Redis keeps the others).</summary>
    public required bool AtomicTransactions { get; init; }

    /// <summary>An explicit last-write still checks a given ETag (Redis ignores it).</summary>
    public required bool LastWriteChecksEtag { get; init; }
}
