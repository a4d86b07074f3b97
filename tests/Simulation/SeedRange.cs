using System.Globalization;

namespace DaprShop.Tests.Simulation;

/// <summary>Which seeds are run: <c>SIMULATION_SEEDS</c> of them from <c>SIMULATION_FROM</c> on, or <c>SIMULATION_SEED</c> alone, with its trace.</summary>
internal sealed record SeedRange(ulong First, int Count, bool KeepsWords)
{
    private const int Usual = 10_000;

    public static SeedRange OfEnvironment() => Read("SIMULATION_SEED") is { } one
        ? new SeedRange(one, 1, KeepsWords: true)
        : new SeedRange(Read("SIMULATION_FROM") ?? 1, (int)(Read("SIMULATION_SEEDS") ?? Usual), KeepsWords: false);

    private static ulong? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : null;
}
