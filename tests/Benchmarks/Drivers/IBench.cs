namespace DaprShop.Benchmarks.Drivers;

/// <summary>A server, and everything that is measured against it.</summary>
internal interface IBench : IAsyncDisposable
{
    IReadOnlyList<Scenario> Scenarios { get; }
}
