using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Sidecar.Launcher;

/// <summary>A process id with the time it started, so that a number the system gave to somebody else is never killed.</summary>
internal sealed record ProcessIdentity(int Pid, string StartTime)
{
    public static ProcessIdentity Own { get; } = Of(Environment.ProcessId) ?? new ProcessIdentity(Environment.ProcessId, "");

    [JsonIgnore]
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Null when there is no such process (a zombie counts as none).</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                return ReadStat(File.ReadAllText($"/proc/{pid}/stat")) is { } start ? new ProcessIdentity(pid, start) : null;
            }

            using var process = Process.GetProcessById(pid);
            return new ProcessIdentity(pid, process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>
    /// The start time (field 22, in clock ticks since boot) of a line of /proc/pid/stat. The name in field 2 may hold
    /// blanks and brackets, so fields are counted from the last bracket.
    /// </summary>
    internal static string? ReadStat(string line)
    {
        var fields = line[(line.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && fields[0] is not ("Z" or "X") ? fields[19] : null;
    }

    /// <summary>The whole group this process leads, or where there are no groups the process with its children.</summary>
    public void SignalGroup(int signal)
    {
        if (!IsAlive)
        {
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            _ = PosixCalls.Kill(-Pid, signal) || PosixCalls.Kill(Pid, signal);
            return;
        }

        try
        {
            using var process = Process.GetProcessById(Pid);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // Gone between the check and the call, which is what was wanted.
            Debug.WriteLine(exception.Message);
        }
    }

    /// <summary>
    /// Linux only: what is left of the group after its leader was killed, such as the node under an npm. The system
    /// gives no number away that still names a group, but the group may have ended and come again: only processes
    /// that carry the launcher's own variable are taken.
    /// </summary>
    public IEnumerable<ProcessIdentity> Orphans(string variable) =>
        OperatingSystem.IsLinux() && Of(Pid) is null
            ? Directory.EnumerateDirectories("/proc")
                .Select(directory => int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
                .Where(pid => pid > 0 && IsInGroup(pid, variable))
                .Select(Of)
                .OfType<ProcessIdentity>()
            : [];

    /// <summary>True when it is gone in time.</summary>
    public async Task<bool> WaitUntilGoneAsync(TimeSpan patience, TimeProvider clock)
    {
        for (var started = clock.GetTimestamp(); IsAlive; await Task.Delay(TimeSpan.FromMilliseconds(20), clock))
        {
            if (clock.GetElapsedTime(started) > patience)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsInGroup(int pid, string variable)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{pid}/stat");
            var fields = line[(line.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > 2 && fields[2] == Pid.ToString(CultureInfo.InvariantCulture)
                && File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains(variable, StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
