using System.Globalization;

namespace Sidecar.Launcher;

/// <summary>
/// One launcher per data directory: two would write the same SQLite files with two ideas of who owns which lease. The
/// operating system drops the lock with its process, so a crash leaves nothing to clean up.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <summary>Null with the reason when another launcher has it.</summary>
    public static DataDirectoryLock? Take(string dataDirectory, out string problem)
    {
        problem = "";

        // The number stands in a file of its own: a locked file cannot be read by others.
        var holder = Path.Combine(dataDirectory, "launcher.pid");
        try
        {
            Directory.CreateDirectory(dataDirectory);
            var file = new FileStream(Path.Combine(dataDirectory, "launcher.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataDirectoryLock(file);
        }
        catch (UnauthorizedAccessException exception)
        {
            problem = $"the data directory {dataDirectory} cannot be written: {exception.Message}";
        }
        catch (IOException exception)
        {
            problem = HolderOf(holder) is { } pid
                ? $"the data directory {dataDirectory} is in use by another launcher (pid {pid})"
                : $"the data directory {dataDirectory} cannot be used: {exception.Message}";
        }

        return null;
    }

    public void Dispose() => _file.Dispose();

    private static string? HolderOf(string path)
    {
        try
        {
            return File.ReadAllText(path) is { Length: > 0 } pid ? pid : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
