using Sidecar.Components;

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

    /// <summary>What a create answers that comes second (Redis: no ETag error, since no ETag was sent).</summary>
    public ComponentFault LostCreate { get; init; } = ComponentFault.EtagMismatch;

    /// <summary>What a set with an ETag answers that this store cannot have issued.</summary>
    public ComponentFault ForeignEtag { get; init; } = ComponentFault.EtagMismatch;

    /// <summary>A first-write is refused on a key that was written plainly (Redis lets it through, reliability.md L16).</summary>
    public bool FirstWriteGuardsPlainKeys { get; init; } = true;

    /// <summary>Reading tells when the key expires.</summary>
    public bool ReportsExpiry { get; init; } = true;

    /// <summary>A write that names no TTL ends the one its key has.</summary>
    public bool WriteWithoutTtlEndsIt { get; init; } = true;

    /// <summary>An explicit last-write still checks a given ETag (Redis ignores it).</summary>
    public required bool LastWriteChecksEtag { get; init; }
}
