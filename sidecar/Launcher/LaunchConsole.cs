namespace Sidecar.Launcher;

/// <summary>
/// What a person sees. On a terminal: symbols, colours, and rows that change in place while things start; app lines are
/// only in the files until then. In a pipe or a file: plain lines, all of them, in order.
/// </summary>
internal sealed class LaunchConsole(TextWriter writer, bool terminal, bool colour, bool appLines, TimeProvider clock) : IDisposable
{
    private static readonly int[] Palette = [94, 92, 93, 95, 96, 91, 33, 36, 32, 35];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _colours = new(StringComparer.Ordinal);
    private Func<IReadOnlyList<string>>? _rows;
    private ITimer? _redraw;
    private int _drawn;
    private volatile bool _holdAppLines;

    public bool IsTerminal { get; } = terminal;

    /// <summary>For people on standard output; for --json on standard error and without the apps' lines, which a reader that never reads would block.</summary>
    public static LaunchConsole For(bool json, TimeProvider clock)
    {
        var redirected = json ? Console.IsErrorRedirected : Console.IsOutputRedirected;
        var terminal = !redirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        var colour = terminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return new LaunchConsole(json ? Console.Error : Console.Out, terminal, colour, appLines: !json, clock);
    }

    public void Info(string text) => Status("ℹ️ ", 0, "", text);

    public void Success(string text) => Status("✅", 32, "", text);

    public void Warning(string text) => Status("⚠️ ", 33, "warning: ", text);

    public void Error(string text) => Status("❌", 31, "error: ", text);

    public void Line(string text = "")
    {
        lock (_gate)
        {
            Erase();
            writer.WriteLine(text);
            Draw();
        }
    }

    public void AppLine(string appId, string line, LogDestination? destination)
    {
        // Lines that have no file are shown even while rows are on the screen: they would be lost.
        if ((_rows is null && !_holdAppLines) || destination == LogDestination.Console)
        {
            Prefixed("APP", appId, line);
        }
    }

    /// <summary>From now on app lines only go to their files.</summary>
    public void HoldAppLines() => _holdAppLines = true;

    public void DaprdLine(string appId, string line) => Prefixed("DAPRD", appId, line);

    public string Paint(string text, int code) => colour && code != 0 ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>Shows rows that change in place until the result is disposed; only on a terminal.</summary>
    public IDisposable? ShowRows(Func<IReadOnlyList<string>> rows)
    {
        if (!IsTerminal)
        {
            return null;
        }

        lock (_gate)
        {
            _rows = rows;
            Draw();
        }

        _redraw = clock.CreateTimer(_ => Redraw(), null, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));
        return this;
    }

    /// <summary>Ends the rows.</summary>
    public void Dispose()
    {
        _redraw?.Dispose();
        lock (_gate)
        {
            Erase();
            _rows = null;
            writer.Flush();
        }
    }

    private void Status(string symbol, int code, string word, string text) =>
        Line(IsTerminal && !OperatingSystem.IsWindows() ? $"{symbol} {Paint(text, code)}" : $"{word}{text}");

    private void Prefixed(string source, string appId, string line)
    {
        if (!appLines)
        {
            return;
        }

        lock (_gate)
        {
            if (!_colours.TryGetValue(appId, out var code))
            {
                _colours[appId] = code = Palette[_colours.Count % Palette.Length];
            }

            Erase();
            writer.WriteLine($"{Paint($"== {source} - {appId} ==", code)} {line}");
            Draw();
        }
    }

    private void Redraw()
    {
        lock (_gate)
        {
            Erase();
            Draw();
        }
    }

    private void Erase()
    {
        if (_drawn > 0)
        {
            writer.Write($"\e[{_drawn}A\e[J");
            _drawn = 0;
        }
    }

    private void Draw()
    {
        if (_rows is null)
        {
            return;
        }

        foreach (var row in _rows())
        {
            writer.WriteLine(row);
            _drawn++;
        }
    }
}
