using System.Diagnostics;
using System.Globalization;
using System.Text;
using DaprShop.Reliability.Runs;

namespace DaprShop.Reliability.Drills;

/// <summary>
/// Runs a drill as another process in a network namespace of its own, with nothing in it but a loopback device: the shop, its servers and the drill find
/// each other there and nobody else does, and what is done to packets ends with the last of them.
/// </summary>
internal static class OwnNetwork
{
    private const string Marker = "DAPRSHOP_DRILL_NETWORK";

    private const string Missing = "packets are dropped with nft in a namespace of unshare and ip; type: dotnet run --project sidecar -- infra install nftables";

    /// <summary>This process is the one inside.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Marker) is not null;

    public static async Task<Verdict> RunAsync(DrillOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        if (!File.Exists("/usr/sbin/nft"))
        {
            throw new InvalidOperationException(Missing);
        }

        var start = new ProcessStartInfo(
            "unshare",
            [
                "--net", .. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["--map-root-user"],
                "sh", "-c", "ip link set lo up && exec \"$@\"", "sh",
                "dotnet", typeof(OwnNetwork).Assembly.Location,
                "drill", options.Drill.Id, "--stack", options.Stack, "--seed", options.Seed.ToString(CultureInfo.InvariantCulture), "--json",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Marker] = "1";
        var (verdict, last) = (new StringBuilder(), "");
        using var inside = Process.Start(start) ?? throw new InvalidOperationException(Missing);
        inside.OutputDataReceived += (_, line) => verdict.AppendLine(line.Data);
        inside.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } said)
            {
                last = said;
                say(said);
            }
        };
        inside.BeginOutputReadLine();
        inside.BeginErrorReadLine();
        await using (cancellationToken.Register(inside.StandardInput.Close))
        {
            await inside.WaitForExitAsync(CancellationToken.None);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return inside.ExitCode is Verdict.Ok or Verdict.NotValid or Verdict.Broken
            ? Verdict.FromJson(verdict.ToString())
            : throw new InvalidOperationException($"The drill ended with {inside.ExitCode} in its network: {last}");
    }

    /// <summary>Inside: stops when whoever started this has let go of its standard input, however that ended.</summary>
    public static void StopWithStarter(CancellationTokenSource stop)
    {
        if (IsInside)
        {
            _ = Task.Run(async () =>
            {
                await using var input = Console.OpenStandardInput();
                await input.CopyToAsync(Stream.Null);
                await stop.CancelAsync();
            });
        }
    }
}
