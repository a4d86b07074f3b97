using System.Diagnostics;

namespace DaprShop.TestKit;

/// <summary>
/// How a process is started that a test wants to end by SIGINT. A shell that starts a test run in the background makes everything below it
/// ignore that signal, and .NET respects what it inherits.
/// </summary>
public static class Interruptible
{
    /// <param name="command">The executable and its arguments. <c>env</c> replaces itself by it, so the pid is the command's own.</param>
    public static ProcessStartInfo Command(params IEnumerable<string> command)
    {
        var words = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", .. command] : command.ToList();
        return new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}
