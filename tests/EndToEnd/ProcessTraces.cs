using System.Globalization;
using System.Net;
using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.EndToEnd;

/// <summary>What /proc tells about the processes of a folder, whoever started them.</summary>
internal static class ProcessTraces
{
    private const string Listening = "0A";

    /// <summary>Processes that name the folder in their command or environment, or work in it.</summary>
    public static IReadOnlyList<int> Of(string folder) =>
        [.. Pids().Where(pid => !ServerProcess.IsGone(pid) && (WorksIn(pid, folder) || Read(pid, "cmdline").Contains(folder, StringComparison.Ordinal) || Read(pid, "environ").Contains(folder, StringComparison.Ordinal)))];

    /// <summary>Processes of this name in the session of another.</summary>
    public static IEnumerable<int> Named(string name, int session) =>
        Pids().Where(pid => Read(pid, "comm").Trim() == name && Fields(pid) is { Length: > 3 } fields && fields[3] == session.ToString(CultureInfo.InvariantCulture));

    public static IEnumerable<IPEndPoint> ListeningAddresses(int pid)
    {
        var sockets = Sockets(pid).ToHashSet(StringComparer.Ordinal);
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(table => File.ReadLines(table).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == Listening && sockets.Contains($"socket:[{fields[9]}]"))
            .Select(fields => Address(fields[1]));
    }

    /// <summary>The kernel writes every four bytes in the machine's own byte order.</summary>
    private static IPEndPoint Address(string text)
    {
        var (address, port) = (Convert.FromHexString(text[..^5]), ushort.Parse(text[^4..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        if (BitConverter.IsLittleEndian)
        {
            for (var word = 0; word < address.Length; word += 4)
            {
                Array.Reverse(address, word, 4);
            }
        }

        var parsed = new IPAddress(address);
        return new IPEndPoint(parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed, port);
    }

    private static IEnumerable<int> Pids() =>
        Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId);

    private static bool WorksIn(int pid, string folder)
    {
        try
        {
            return new DirectoryInfo($"/proc/{pid}/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>After the name: state, parent, group, session.</summary>
    private static string[] Fields(int pid)
    {
        var line = Read(pid, "stat");
        return line[(line.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static List<string> Sockets(int pid)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget).OfType<string>()];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
