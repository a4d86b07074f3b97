using Sidecar.Telemetry;

namespace DaprShop.Tests.Telemetry;

public sealed class WaterfallTests
{
    [Fact]
    public void Text_OfATrace_HasOneLinePerSpanAndSums()
    {
        var view = Waterfall.Of(Content(
            Spans.Of('a', '3', '2', "order", "POST /x", 102, 40, source: "dapr/order/3502"),
            Spans.OfActivity('a', '4', "instance-1") with { ParentId = Spans.SpanId('2'), Start = 150_000_000, End = 200_000_000, IsError = true, Message = "declined\e[31m" },
            Spans.Of('a', '2', '1', "order", "accept", 101, 49),
            Spans.Of('a', '1', null, "gateway", "POST /y", 100, 100)));

        Assert.Equal(
            """
            trace aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa   instance instance-1
            1970-01-01 00:00:00.100 UTC

                                           at ms   took ms
            gateway  POST /y                 0.0     100.0  ████████████████████
             order  accept                   1.0      49.0  ██████████
              order sidecar  POST /x         2.0      40.0  ████████
            !   order  activity Charge      50.0      50.0            ██████████
               | declined [31m

            4 spans, 2 services, 0 orphans, 1 error, 100.0 ms
            """,
            string.Join('\n', WaterfallText.Lines(view, width: 68)));
    }

    [Fact]
    public void Text_OnANarrowTerminal_CutsTitlesAndKeepsTheNumbers()
    {
        var view = Waterfall.Of(Content(Spans.Of('a', '1', null, "gateway", new string('x', 100), 0, 10)));

        Assert.Contains($"gateway  {new string('x', 14)}…       0.0      10.0  {new string('█', 20)}", WaterfallText.Lines(view, width: 10));
    }

    [Fact]
    public void Text_WithLogs_HasThemBelowTheirSpans()
    {
        var view = Waterfall.Of(Content(Spans.Of('a', '1', null, "gateway", "POST", 0, 10), Spans.Of('a', '2', '1', "order", "POST", 1, 5)) with
        {
            Logs = [Spans.Log('a', '2', "second", at: 3), Spans.Log('a', '2', "first\nline", at: 2), Spans.Log('a', '9', "of a span that is not there")],
        });

        var lines = WaterfallText.Lines(view, width: 100, withLogs: true).ToList();

        Assert.Equal(["  | Warning first line", "  | Warning second", " | order: Warning of a span that is not there"], lines.Where(line => line.Contains('|', StringComparison.Ordinal)));
        Assert.StartsWith(" order  POST", lines[lines.IndexOf("  | Warning first line") - 1], StringComparison.Ordinal);
        Assert.DoesNotContain(WaterfallText.Lines(view, width: 100), line => line.Contains('|', StringComparison.Ordinal));
    }

    [Fact]
    public void Batch_OfAnotherTrace_StandsBelowTheSpanItWorkedFor()
    {
        var batch = Spans.Of('b', '7', null, "order", "accept", -1, 30) with { Links = [new(Spans.TraceId('a'), Spans.SpanId('2')), new(Spans.TraceId('c'), Spans.SpanId('2'))] };
        var content = Content(Spans.Of('a', '1', null, "gateway", "POST", 0, 10), Spans.Of('a', '2', '1', "order", "POST", 1, 5)) with { Batches = [batch] };

        var view = Waterfall.Of(content);

        Assert.Equal((2, 0), (view.Spans, view.Orphans));
        Assert.Equal(["POST", "POST", "in batch of 2: accept"], view.Rows.Select(row => row.Title));
        Assert.Equal((2, Spans.TraceId('b')), (view.Rows[2].Depth, view.Rows[2].BatchTrace));
        Assert.Equal("accept (batch of 2)", Assert.Single(Waterfall.Of(new TraceContent(Spans.TraceId('b'), [batch], [], [])).Rows).Title);
    }

    [Fact]
    public void Parent_ThatIsNotThere_MakesAnOrphan()
    {
        var view = Waterfall.Of(Content(Spans.Of('a', '1', null, "gateway", "POST", 0, 10), Spans.Of('a', '2', '9', "order", "lost", 1, 5), Spans.Of('a', '3', '2', "order", "below", 2, 1)));

        Assert.Equal(1, view.Orphans);
        Assert.Equal(["0 POST", "0 lost (orphan)", "1 below"], view.Rows.Select(row => $"{row.Depth} {row.Title}"));
    }

    [Fact]
    public void Trace_ThatAClientBegan_HasNoOrphan()
    {
        var view = Waterfall.Of(Content(Spans.Of('a', '1', '9', "gateway", "POST", 0, 10), Spans.Of('a', '2', '1', "order", "POST", 1, 5)));

        Assert.Equal((0, 2), (view.Orphans, view.Rows.Count));
    }

    [Fact]
    public void Spans_ThatAreTheirOwnAncestors_OrComeTwice_EachHaveOneRow()
    {
        var twice = Spans.Of('a', '4', null, "order", "twice", 4, 1);

        var view = Waterfall.Of(Content(
            Spans.Of('a', '1', '1', "order", "self", 1, 1), Spans.Of('a', '2', '3', "order", "ring", 2, 1), Spans.Of('a', '3', '2', "order", "ring", 3, 1), twice, twice with { }));

        Assert.Equal(["ring", "ring", "self", "twice", "twice"], view.Rows.Select(row => row.Name).Order(StringComparer.Ordinal));
        Assert.Equal(2, view.Orphans);
    }

    private static TraceContent Content(params ReceivedSpan[] spans) => new(Spans.TraceId('a'), spans, [], []);
}
