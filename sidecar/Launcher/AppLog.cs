using System.Text;

namespace Sidecar.Launcher;

/// <summary>
/// Where the lines of one app, or of one sidecar, go: its file, the console, or both. The file is made by the first
/// line. Also a writer, for a sidecar's logger. Safe for many threads.
/// </summary>
internal sealed class AppLog(string path, LogDestination destination, Action<string> console) : TextWriter
{
    private const int Remembered = 100;
    private const int Shown = 15;

    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private readonly StringBuilder _unfinished = new();
    private StreamWriter? _file;
    private bool _closed;

    /// <summary>Null when nothing is written to a file.</summary>
    public string? Path { get; } = destination == LogDestination.Console ? null : path;

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>
    /// What tells most about an end, oldest first: the beginning of an unhandled exception, whose message stands above a
    /// long stack, or the newest lines.
    /// </summary>
    public IReadOnlyList<string> TellingLines
    {
        get
        {
            lock (_gate)
            {
                var lines = _last.ToList();
                var crash = lines.FindLastIndex(line => line.StartsWith("Unhandled exception", StringComparison.Ordinal));
                return crash >= 0 ? lines.GetRange(crash, Math.Min(Shown, lines.Count - crash)) : [.. lines.TakeLast(Shown)];
            }
        }
    }

    public void Append(string line)
    {
        lock (_gate)
        {
            _last.Enqueue(line);
            if (_last.Count > Remembered)
            {
                _last.Dequeue();
            }

            if (Path is not null && !_closed)
            {
                _file ??= Open(Path);
                _file.WriteLine(line);
            }
        }

        if (destination != LogDestination.File)
        {
            console(line);
        }
    }

    public override void Write(char value)
    {
        lock (_gate)
        {
            if (value != '\n')
            {
                _unfinished.Append(value);
                return;
            }
        }

        FinishLine();
    }

    public override void Write(string? value)
    {
        foreach (var character in value ?? "")
        {
            Write(character);
        }
    }

    public override void WriteLine(string? value)
    {
        lock (_gate)
        {
            _unfinished.Append(value);
        }

        FinishLine();
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _closed = true;
            _file?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static StreamWriter Open(string path)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

        // `logs --follow` and whoever looks for the reason of a crash want the last line now.
        return new StreamWriter(stream) { AutoFlush = true };
    }

    private void FinishLine()
    {
        string line;
        lock (_gate)
        {
            line = _unfinished.ToString().TrimEnd('\r');
            _unfinished.Clear();
        }

        foreach (var part in line.Split('\n'))
        {
            Append(part);
        }
    }
}
