using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DaprShop.Reliability.Faults;

/// <summary>
/// Drops packets between the shop and a server, by the kernel's packet filter. Only in a network of the drill's own (<c>OwnNetwork</c>): its rules end with it.
/// </summary>
internal static partial class Packets
{
    private const string Table = "drill";

    /// <param name="percent">Of all packets, chosen by chance; 100: every one.</param>
    /// <param name="port">Of the server.</param>
    /// <param name="requests">What goes to the server.</param>
    /// <param name="answers">What comes from it.</param>
    public static async Task DropAsync(int percent, int port, bool requests, bool answers)
    {
        string Rule(string side) => string.Create(
            CultureInfo.InvariantCulture, $"add rule inet {Table} input tcp {side} {port} {(percent < 100 ? $"numgen random mod 100 < {percent} " : "")}counter drop");
        string[] lines =
        [
            $"add table inet {Table}",
            $"add chain inet {Table} input {{ type filter hook input priority 0; }}",
            .. requests ? [Rule("dport")] : Array.Empty<string>(),
            .. answers ? [Rule("sport")] : Array.Empty<string>(),
        ];
        await RunAsync(string.Join('\n', lines));
    }

    /// <summary>Lets every packet through again.</summary>
    /// <returns>How many were dropped.</returns>
    public static async Task<long> HealAsync()
    {
        var rules = await RunAsync($"list table inet {Table}");
        await RunAsync($"delete table inet {Table}");
        return Dropped().Matches(rules).Sum(rule => long.Parse(rule.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static async Task<string> RunAsync(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/sbin/nft", ["-f", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteLineAsync(script);
        process.StandardInput.Close();
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await said : throw new InvalidOperationException($"nft: {await wrong}");
    }

    [GeneratedRegex(@"counter packets (\d+)")]
    private static partial Regex Dropped();
}
