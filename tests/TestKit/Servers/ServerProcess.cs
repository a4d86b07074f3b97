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

    /// <summary>
    /// Stops it, and returns when all of it stands: one of its threads takes the signal and stops the others, which on a busy machine go on for a while.
    /// </summary>
    public static async Task PauseAsync(int pid)
    {
        await SignalAsync(pid, "STOP");
        await Eventually.True(() => Directory.GetDirectories($"/proc/{pid}/task").All(thread => IsGoneOrIn($"{thread}/stat", "TZX")));
    }

    /// <summary>A zombie, which waits for nothing but to be counted, is gone too.</summary>
    public static bool IsGone(int pid) => IsGoneOrIn($"/proc/{pid}/stat", "ZX");

    /// <param name="file">proc(5): the state of a process or thread is the letter behind its name, which is in parentheses.</param>
    /// <param name="states">Any of these letters.</param>
    private static bool IsGoneOrIn(string file, string states)
    {
        try
        {
            var line = File.ReadAllText(file);
            return states.Contains(line[(line.LastIndexOf(')') + 1)..].TrimStart()[0], StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
