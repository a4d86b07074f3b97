using System.Diagnostics;
using System.Globalization;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>
/// Names the holder of a lease so that others on the machine can see that its process is gone: after a crash messages
/// are then taken over at once instead of when the lease runs out. Wrong guesses only cost that wait.
/// </summary>
internal static class ConsumerIdentity
{
    private static readonly TimeSpan StartTimeTolerance = TimeSpan.FromSeconds(2);
    private static readonly string Process = Describe();
    private static int _count;

    public static string Next() =>
        string.Create(CultureInfo.InvariantCulture, $"{Process}/{Interlocked.Increment(ref _count)}");

    /// <summary>True only when the process ran on this machine and has ended.</summary>
    public static bool IsGone(string identity)
    {
        // The machine's name may hold a slash, so the parts are counted from the end.
        var parts = identity.Split('/');
        if (parts.Length < 4
            || string.Join('/', parts[..^3]) != Environment.MachineName
            || !int.TryParse(parts[^3], CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(parts[^2], CultureInfo.InvariantCulture, out var startTicks))
        {
            return false;
        }

        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            // The id may have been given to another process since, surely so after a reboot.
            return (process.StartTime.ToUniversalTime() - new DateTime(startTicks, DateTimeKind.Utc)).Duration() > StartTimeTolerance;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception unreadable) when (unreadable is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Describe()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.MachineName}/{process.Id}/{process.StartTime.ToUniversalTime().Ticks}");
    }
}
