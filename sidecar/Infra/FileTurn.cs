namespace Sidecar.Infra;

/// <summary>
/// One process at a time. The operating system gives the turn back when its holder dies. A holder may remove the file with its
/// folder; who waited then holds a file without a name and takes its turn anew.
/// </summary>
internal sealed class FileTurn : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // What Linux calls EWOULDBLOCK.
    private const int HeldByAnother = 11;

    private readonly FileStream _file;

    private FileTurn(FileStream file) => _file = file;

    /// <summary>Null when somebody else kept it for longer than anybody should.</summary>
    public static async Task<FileTurn?> TakeAsync(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var started = clock.GetTimestamp(); clock.GetElapsedTime(started) < Patience; await Task.Delay(Pause, clock, cancellationToken))
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                if (File.Exists(path))
                {
                    return new FileTurn(file);
                }

                await file.DisposeAsync();
            }
            catch (IOException exception) when (exception.HResult == HeldByAnother)
            {
                continue;
            }
        }

        return null;
    }

    public void Dispose() => _file.Dispose();
}
