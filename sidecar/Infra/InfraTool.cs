namespace Sidecar.Infra;

/// <summary>What tests harm a machine with, or check files with: it is installed as servers are, and nothing of it runs.</summary>
internal sealed record InfraTool(string Name, IReadOnlyList<Requirement> Requirements)
{
    public static readonly IReadOnlyList<InfraTool> All =
    [
        new("faketime", [new Requirement("libfaketime", HasFakeTime)]),
        new("nftables", [OfProgram("nftables", "nft"), OfProgram("iproute2", "ip"), OfProgram("util-linux", "unshare")]),
        new("promtool", [OfProgram("prometheus", "promtool")]),
    ];

    private static Requirement OfProgram(string package, string program) => new(package, () => ProgramSearch.Find(program) is not null);

    /// <summary>Debian keeps it in the folder of the machine's architecture, where no program looks by itself.</summary>
    private static bool HasFakeTime() =>
        Directory.Exists("/usr/lib")
        && Directory.EnumerateDirectories("/usr/lib").Any(folder => File.Exists(Path.Combine(folder, "faketime", "libfaketimeMT.so.1")));
}
