using System.Globalization;

namespace Sidecar.Launcher;

/// <summary>Who listens on a port. Linux tells it in /proc; elsewhere the answer is null.</summary>
internal sealed record PortHolder(int Pid, string Command)
{
    private const string Listening = "0A";
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    public override string ToString() => $"pid {Pid} ({Command})";

    public static PortHolder? Find(int port)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var inodes = Tables
            .Where(File.Exists)
            .SelectMany(table => ListeningInodes(File.ReadLines(table), port))
            .ToHashSet(StringComparer.Ordinal);
        return inodes.Count == 0 ? null : Search(inodes);
    }

    /// <summary>
    /// The inodes of the sockets that listen on the port, of a table such as /proc/net/tcp: <c>sl local_address
    /// rem_address st tx:rx tr:when retrnsmt uid timeout inode</c>, where the port is hexadecimal.
    /// </summary>
    internal static IEnumerable<string> ListeningInodes(IEnumerable<string> table, int port)
    {
        foreach (var line in table.Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening
                && int.TryParse(fields[1].AsSpan(fields[1].LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var local)
                && local == port)
            {
                yield return fields[9];
            }
        }
    }

    private static PortHolder? Search(HashSet<string> inodes)
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) && Holds(directory, inodes))
            {
                return new PortHolder(pid, CommandOf(directory));
            }
        }

        return null;
    }

    private static bool Holds(string directory, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{directory}/fd")
                .Select(descriptor => new FileInfo(descriptor).LinkTarget)
                .Any(target => target is ['s', 'o', 'c', 'k', 'e', 't', ':', '[', .. var inode, ']'] && inodes.Contains(inode));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return false;
        }
    }

    private static string CommandOf(string directory)
    {
        try
        {
            var words = File.ReadAllText($"{directory}/cmdline").TrimEnd('\0').Split('\0');
            return words is [{ Length: > 0 }, ..]
                ? string.Join(' ', words.Take(3).Select(word => Path.GetFileName(word) is { Length: > 0 } name ? name : word))
                : File.ReadAllText($"{directory}/comm").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "another user's process";
        }
    }
}
