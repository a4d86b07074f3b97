using System.ComponentModel;
using System.Diagnostics;

namespace DaprShop.Tests;

/// <summary>Prometheus' own checker of configuration and rules.</summary>
internal static class Promtool
{
    /// <summary>Fails when it is not on the machine: rules that nobody ran say nothing.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("promtool", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var promtool = Process.Start(start)!;
            var (output, errors) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
            await promtool.WaitForExitAsync();
            return (promtool.ExitCode, await output + await errors);
        }
        catch (Win32Exception)
        {
            Assert.Fail("promtool is not on this machine: `dotnet run --project sidecar -- infra install promtool` installs it (Debian's package prometheus).");
            throw;
        }
    }
}
