using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Sidecar.Telemetry;

/// <summary>Two pages of plain HTML, without scripts: the newest traces, and one of them. Everything that was received is escaped.</summary>
internal static class TracePages
{
    private const string Style = """
        body{font:14px system-ui,sans-serif;margin:1.5rem;color:#1d2430;background:#fff}
        a{color:#0b5cad;text-decoration:none}a:hover{text-decoration:underline}
        table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600;color:#5a6472;border-bottom:1px solid #d5dae1}
        td,th{padding:.15rem .6rem .15rem 0;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        tr:hover td{background:#f4f6f9}tr.error td{color:#b3261e}tr.orphan td,tr.batch td{font-style:italic}
        .quiet{color:#5a6472}.place{color:#5a6472}.id{font-family:ui-monospace,monospace;font-size:12px}
        .track{position:relative;height:1em;min-width:18rem;background:#f0f2f5}.bar{position:absolute;top:.1em;bottom:.1em;min-width:2px;background:#4a7fb5}
        tr.error .bar{background:#b3261e}tr.sidecar .bar{background:#9db8d4}tr.batch .bar{background:#c2a14d}
        .log{font-family:ui-monospace,monospace;font-size:12px;color:#5a6472;white-space:pre-wrap;overflow-wrap:anywhere}
        details{display:inline}summary{cursor:pointer}dl{display:grid;grid-template-columns:auto 1fr;gap:0 .8rem;margin:.2rem 0 .4rem 1rem;font-size:12px}dd{margin:0;overflow-wrap:anywhere}
        input{font:inherit;padding:.25rem .4rem;width:24rem}button{font:inherit;padding:.25rem .8rem}
        """;

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <param name="unknownId">What was looked for and not found; empty: nothing was.</param>
    public static string List(IReadOnlyList<TraceSummary> traces, StoreCounts counts, bool all, string unknownId)
    {
        var rows = new StringBuilder();
        foreach (var trace in traces)
        {
            rows.Append(Plain, $"""
                <tr class="{(trace.Errors > 0 ? "error" : "")}"><td class="n">{trace.StartedAt.UtcDateTime:HH:mm:ss.fff}</td>
                <td><a href="/traces/{Text(trace.TraceId)}">{Text(trace.Service)} {Text(trace.Name)}</a></td>
                <td class="n">{trace.DurationMs:0.0}</td><td class="n">{trace.Spans}</td><td class="n">{trace.Services}</td><td class="n">{trace.Errors}</td>
                <td class="id">{string.Join(' ', trace.Instances.Select(Text))}</td><td class="id">{Text(trace.TraceId)}</td></tr>

                """);
        }

        var unknown = unknownId.Length == 0 ? "" : $"<p><b>{Text(unknownId)}</b> is no trace and no workflow instance that is known here. Spans arrive about a second after they end.</p>";
        var filter = all ? "<a href=\"/\">Only requests and workflows that cross services</a>" : "Only requests and workflows that cross services are listed: <a href=\"/?all=true\">show all</a>";
        return Page("Traces", $"""
            <h1>Traces</h1>
            {Search()}
            {unknown}
            <p class="quiet">{Counts(counts)}</p><p class="quiet">{filter}</p>
            <table><tr><th class="n">began (UTC)</th><th>root</th><th class="n">ms</th><th class="n">spans</th><th class="n">services</th><th class="n">errors</th><th>workflow instance</th><th>trace</th></tr>
            {rows}</table>
            """);
    }

    public static string One(TraceView view)
    {
        var rows = new StringBuilder();
        foreach (var row in view.Rows)
        {
            AppendRow(rows, row, view.DurationMs);
        }

        foreach (var log in view.Logs)
        {
            AppendLog(rows, log, depth: 0);
        }

        var errors = view.Errors == 0 ? "" : $", <b>{Number(view.Errors)} errors</b>";
        var leftOut = view.LeftOut == 0 ? "" : $", {Number(view.LeftOut)} records left out because the trace is full";
        var others = string.Concat(view.OtherTraces.Select(other => $"<p>The instance is in <a class=\"id\" href=\"/traces/{Text(other)}\">{Text(other)}</a> too.</p>"));
        return Page($"Trace {view.TraceId}", $"""
            <h1>Trace <span class="id">{Text(view.TraceId)}</span></h1>
            {Search()}
            <p class="quiet"><a href="/">all traces</a> · {view.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", Plain)} UTC · {Milliseconds(view.DurationMs)} ms · {Number(view.Spans)} spans,
            {Number(view.Services.Count)} services ({string.Join(", ", view.Services.Select(Text))}), {Number(view.Orphans)} orphans{errors}{leftOut}</p>
            {string.Concat(view.Instances.Select(instance => $"<p>Workflow instance <span class=\"id\">{Text(instance)}</span></p>"))}{others}
            <table><tr><th>span</th><th class="n">at ms</th><th class="n">took ms</th><th></th></tr>
            {rows}</table>
            """);
    }

    private static void AppendRow(StringBuilder rows, TraceRow row, double total)
    {
        var kind = string.Join(' ', Classes(row));
        var scale = total > 0 ? 100 / total : 0;
        var left = Math.Clamp(row.OffsetMs * scale, 0, 100);
        var width = Math.Clamp(row.DurationMs * scale, 0, 100 - left);
        var batch = row.BatchTrace is { } other ? $" <a class=\"id\" href=\"/traces/{Text(other)}\">{Text(other)}</a>" : "";
        var message = row.Message.Length > 0 ? $" <b>{Text(row.Message)}</b>" : "";
        rows.Append(Plain, $"""
            <tr class="{kind}"><td style="padding-left:{row.Depth}em"><details><summary><span class="place">{Text(row.Place)}</span> {Text(row.Title)}</summary>
            <dl><dt>span</dt><dd>{Text(row.Id)}</dd><dt>kind</dt><dd>{Text(row.Kind)}</dd><dt>source</dt><dd>{Text(row.Source)}</dd>{string.Concat(row.Attributes.Select(pair => $"<dt>{Text(pair.Key)}</dt><dd>{Text(pair.Value)}</dd>"))}</dl></details>{batch}{message}</td>
            <td class="n">{row.OffsetMs:0.0}</td><td class="n">{row.DurationMs:0.0}</td><td><div class="track"><div class="bar" style="left:{left:0.##}%;width:{width:0.##}%"></div></div></td></tr>

            """);
        foreach (var log in row.Logs)
        {
            AppendLog(rows, log, row.Depth + 1);
        }
    }

    private static void AppendLog(StringBuilder rows, TraceLog log, int depth) => rows.Append(Plain, $"""
        <tr><td class="log" style="padding-left:{depth}em">{Text(log.Service)} {Text(log.Level)}: {Text(log.Text)}</td><td class="n">{log.OffsetMs:0.0}</td><td></td><td></td></tr>

        """);

    private static IEnumerable<string> Classes(TraceRow row) =>
        new[] { (row.IsError, "error"), (row.IsOrphan, "orphan"), (row.BatchTrace is not null, "batch"), (row.IsOfSidecar, "sidecar") }
            .Where(pair => pair.Item1)
            .Select(pair => pair.Item2);

    private static string Counts(StoreCounts counts)
    {
        var dropped = counts.DroppedTraces == 0 ? "none dropped yet" : $"{Number(counts.DroppedTraces)} older traces dropped";
        var leftOut = counts.LeftOut == 0 ? "" : $" {Number(counts.LeftOut)} records left out of traces that were full.";
        return $"{Number(counts.Traces)} traces with {Number(counts.Spans)} spans and {Number(counts.Logs)} log records; at most {Number(counts.MostRecords)} records are kept, {dropped}.{leftOut} "
            + $"Metrics are counted only: {Number(counts.Metrics)} instruments so far.";
    }

    private static string Search() =>
        """<form action="/" method="get"><input name="id" placeholder="trace id or workflow instance id" required> <button>Show</button></form>""";

    private static string Page(string title, string body) => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>{Text(title)}</title><style>{Style}</style></head>
        <body>{body}</body></html>
        """;

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static string Number(long number) => number.ToString("#,0", Plain);

    private static string Milliseconds(double milliseconds) => milliseconds.ToString("0.0", Plain);
}
