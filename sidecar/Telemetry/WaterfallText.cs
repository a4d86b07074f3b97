using System.Globalization;

namespace Sidecar.Telemetry;

/// <summary>A trace for a terminal: one line per span, its bar on the trace's time, and a line of sums.</summary>
internal static class WaterfallText
{
    public const int DefaultWidth = 100;

    private const int ShortestBar = 20;
    private const int ShortestTitle = 24;
    private const string Columns = "     at ms   took ms  ";

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <param name="width">Columns of the terminal; a narrow one gets the least that can be read.</param>
    /// <param name="withLogs">Below each span what was logged in it.</param>
    public static IEnumerable<string> Lines(TraceView view, int width, bool withLogs = false)
    {
        var titles = view.Rows.Select(Title).ToList();
        var most = Math.Max(ShortestTitle, width - Columns.Length - ShortestBar);
        var titleWidth = Math.Min(most, titles.Select(title => title.Length).Append(ShortestTitle).Max());
        var barWidth = Math.Max(ShortestBar, width - titleWidth - Columns.Length);

        yield return string.Join("   ", [$"trace {view.TraceId}", .. view.Instances.Select(instance => Printable($"instance {instance}"))]);
        yield return view.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", Plain);
        yield return "";
        yield return $"{new string(' ', titleWidth)}{Columns}".TrimEnd();
        foreach (var (row, title) in view.Rows.Zip(titles))
        {
            yield return $"{Cut(title, titleWidth).PadRight(titleWidth)}{Number(row.OffsetMs)}{Number(row.DurationMs)}  {Bar(row, view.DurationMs, barWidth)}".TrimEnd();
            if (row.IsError && row.Message.Length > 0)
            {
                yield return LogLine(row.Depth, row.Message, width);
            }

            foreach (var log in withLogs ? row.Logs : [])
            {
                yield return LogLine(row.Depth, $"{log.Level} {log.Text}", width);
            }
        }

        foreach (var log in withLogs ? view.Logs : [])
        {
            yield return LogLine(0, $"{log.Service}: {log.Level} {log.Text}", width);
        }

        yield return "";
        yield return Summary(view);
        foreach (var other in view.OtherTraces)
        {
            yield return $"the instance is in trace {other} too";
        }
    }

    private static string Summary(TraceView view) => string.Join(", ",
    [
        Count(view.Spans, "span"),
        Count(view.Services.Count, "service"),
        Count(view.Orphans, "orphan"),
        .. view.Errors > 0 ? [Count(view.Errors, "error")] : Array.Empty<string>(),
        .. view.LeftOut > 0 ? [$"{view.LeftOut} left out (the trace is full)"] : Array.Empty<string>(),
        string.Create(Plain, $"{view.DurationMs:0.0} ms"),
    ]);

    private static string Count(int number, string word) => string.Create(Plain, $"{number} {word}{(number == 1 ? "" : "s")}");

    private static string Title(TraceRow row) => Printable($"{(row.IsError ? "! " : "")}{new string(' ', row.Depth)}{row.Place}  {row.Title}"
        + (row.BatchTrace is { } other ? $" [trace {other}]" : ""));

    private static string Number(double milliseconds) => milliseconds.ToString("0.0", Plain).PadLeft(10);

    private static string Bar(TraceRow row, double total, int width)
    {
        // A batch may begin before the request it does some of the work of, and end after it.
        var scale = total > 0 ? width / total : 0;
        var from = Math.Clamp((int)(row.OffsetMs * scale), 0, width - 1);
        var length = Math.Clamp((int)Math.Round(row.DurationMs * scale), 1, width - from);
        return new string(' ', from) + new string('█', length);
    }

    private static string LogLine(int depth, string text, int width) => Cut(Printable($"{new string(' ', depth + 1)}| {text}"), width);

    private static string Cut(string text, int width) => text.Length <= width ? text : $"{text[..(width - 1)]}…";

    /// <summary>Names and logs hold what clients sent, which must not steer the terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
}
