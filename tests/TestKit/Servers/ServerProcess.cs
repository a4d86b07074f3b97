using System.Diagnostics;

namespace DaprShop.TestKit.Servers;

/// <summary>Processes that are not this process's children.</summary>
public static class ServerProcess
{
    public static async Task SignalAsync(int pid, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{pid}"]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"There is no process {pid} to send {signal} to.");
        }
    }

    /// <summary>A zombie, which waits for nothing but to be counted, is gone too.</summary>
    public static bool IsGone(int pid)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{pid}/stat");
            return line[(line.LastIndexOf(')') + 1)..].TrimStart()[0] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }
}
