namespace DaprShop.Tests.State;

public sealed class InMemoryStateConformance : StateStoreConformance
{
    private protected override StateDriver Driver { get; } = new("state.in-memory")
    {
        Durable = false,
        EtagOnMissingKeyFails = true,
        EtagDeleteOfMissingKeyFails = true,
        AtomicTransactions = true,
        LastWriteChecksEtag = true,
    };
}

public sealed class SqliteStateConformance : StateStoreConformance
{
    private protected override StateDriver Driver { get; } = new("state.sqlite", ("connectionString", "state.db"))
    {
        Durable = true,
        EtagOnMissingKeyFails = true,
        EtagDeleteOfMissingKeyFails = true,
        AtomicTransactions = true,
        LastWriteChecksEtag = true,
    };
}

public sealed class SqliteInMemoryStateConformance : StateStoreConformance
{
    private protected override StateDriver Driver { get; } = new("state.sqlite", ("connectionString", ":memory:"))
    {
        Durable = false,
        EtagOnMissingKeyFails = true,
        EtagDeleteOfMissingKeyFails = true,
        AtomicTransactions = true,
        LastWriteChecksEtag = true,
    };
}
