using DaprShop.Benchmarks.Load;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>One operation at one concurrency, by all that can do it.</summary>
/// <param name="Clean">Before each measurement: what the last one left behind is not to slow this one down.</param>
internal sealed record Scenario(string Component, string What, int Concurrency, IReadOnlyList<Contender> Contenders, Func<Task>? Clean = null);

/// <param name="Operation">Given the number of the worker.</param>
/// <param name="CpuTime">Of the process that works for it; null: this one.</param>
internal sealed record Contender(string Name, Func<int, Task> Operation, Func<TimeSpan>? CpuTime = null)
{
    /// <summary>The server's own client, without anything of ours.</summary>
    public const string Raw = "raw";

    /// <summary>The driver in this process.</summary>
    public const string Driver = "driver";

    /// <summary>Dapr's HTTP API of a sidecar in a process of its own.</summary>
    public const string Http = "http";

    public async Task<Measured> MeasureAsync(int workers, TimeSpan duration)
    {
        var before = CpuTime?.Invoke();
        var measured = await ClosedLoop.RunAsync(workers, duration, Operation);
        return before is null ? measured : measured with { CpuMicroseconds = (CpuTime!() - before.Value).TotalMicroseconds / measured.Operations };
    }
}
