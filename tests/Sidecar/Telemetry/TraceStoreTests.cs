using Sidecar.Telemetry;

namespace DaprShop.Tests.Telemetry;

public sealed class TraceStoreTests
{
    [Fact]
    public void Find_ByTraceIdOrInstance_IsTheSameTrace()
    {
        var store = new TraceStore();
        store.Add([Spans.Of('a', '1', null, "gateway", "POST", 0, 5), Spans.OfActivity('a', '2', "instance-1")]);
        store.Add([Spans.OfActivity('b', '3', "instance-1"), Spans.OfActivity('c', '4', "instance-2")]);
        store.Add([Spans.Log('a', '1', "hello")]);

        var byTrace = store.Find(Spans.TraceId('a').ToUpperInvariant());
        var byInstance = store.Find("instance-1");

        Assert.Equal((Spans.TraceId('a'), 2, "hello"), (byTrace!.TraceId, byTrace.Spans.Count, Assert.Single(byTrace.Logs).Text));
        Assert.Equal((Spans.TraceId('a'), 2), (byInstance!.TraceId, byInstance.Spans.Count));
        Assert.Equal([Spans.TraceId('b')], byInstance.OtherTraces);
        Assert.Null(store.Find("instance-3"));
    }

    [Fact]
    public void Add_BeyondTheLimit_DropsOldestTracesWholeAndCountsThem()
    {
        var store = new TraceStore(mostRecords: 4);
        store.Add([Spans.Of('a', '1', null, "order", "first", 0, 1), Spans.Of('b', '2', null, "order", "second", 0, 1)]);
        store.Add([Spans.Log('a', '1', "of the first"), Spans.Log('b', '2', "of the second")]);

        store.Add([Spans.Of('c', '3', null, "order", "third", 0, 1)]);

        Assert.Null(store.Find(Spans.TraceId('a')));
        Assert.Single(store.Find(Spans.TraceId('b'))!.Logs);
        Assert.Equal(new StoreCounts { Traces = 2, Spans = 2, Logs = 1, MostRecords = 4, DroppedTraces = 1 }, store.Counts);
    }

    [Fact]
    public void Add_OfTimersWithoutEnd_LeavesRequestsWhereTheyAre()
    {
        var store = new TraceStore(mostRecords: 8);
        store.Add([Spans.Of('a', '1', null, "gateway", "POST", 0, 5) with { Kind = "server" }, Spans.Of('a', '2', '1', "order", "POST", 1, 1)]);

        store.Add("bcdef0123456789".SelectMany(digit => new[] { Spans.Of(digit, '3', null, "order", "timer", 10, 1), Spans.Of(digit, '4', '3', "order", "GET", 10, 1) }));

        Assert.Equal(2, store.Find(Spans.TraceId('a'))!.Spans.Count);
        Assert.NotNull(store.Find(Spans.TraceId('9')));
        Assert.Null(store.Find(Spans.TraceId('6')));
        Assert.Equal((8, 12), (store.Counts.Spans, store.Counts.DroppedTraces));
    }

    [Fact]
    public void Add_OfRequestsWithoutEnd_LeavesRoomForOnesThatBegin()
    {
        var store = new TraceStore(mostRecords: 8);
        store.Add("0123456789".SelectMany(digit => new[] { Spans.OfActivity(digit, '1', "i"), Spans.Of(digit, '2', '1', "stock", "POST", 1, 1) }));

        store.Add([Spans.Of('a', '1', null, "gateway", "POST", 0, 5)]);
        store.Add([Spans.Of('b', '1', null, "gateway", "POST", 0, 5)]);

        Assert.NotNull(store.Find(Spans.TraceId('a')));
        Assert.NotNull(store.Find(Spans.TraceId('b')));
        Assert.Equal((8, 7), (store.Counts.Spans, store.Counts.DroppedTraces));
    }

    [Fact]
    public void Add_MoreThanOneTraceMayHave_LeavesTheRestOutAndKeepsTheOthers()
    {
        var store = new TraceStore(mostRecords: 10, mostOfOne: 3);
        store.Add([Spans.Of('a', '1', null, "order", "quiet", 0, 1)]);

        store.Add(Enumerable.Range(0, 50).Select(_ => Spans.Of('b', '2', null, "order", "loop", 0, 1)));

        Assert.NotNull(store.Find(Spans.TraceId('a')));
        Assert.Equal((3, 47), (store.Find(Spans.TraceId('b'))!.Spans.Count, store.Find(Spans.TraceId('b'))!.LeftOut));
        Assert.Equal(new StoreCounts { Traces = 2, Spans = 4, MostRecords = 10, LeftOut = 47 }, store.Counts);
    }

    [Fact]
    public void Find_ATraceThatABatchWorkedFor_BringsTheBatch()
    {
        var store = new TraceStore();
        store.Add([Spans.Of('a', '1', null, "gateway", "POST", 0, 5)]);
        store.Add([Spans.Of('b', '2', null, "order", "accept", 1, 2) with { Links = [new SpanLink(Spans.TraceId('a'), Spans.SpanId('1')), new SpanLink(Spans.TraceId('c'), Spans.SpanId('3'))] }]);

        Assert.Equal("accept", Assert.Single(store.Find(Spans.TraceId('a'))!.Batches).Name);
        Assert.Empty(store.Find(Spans.TraceId('b'))!.Batches);
    }

    [Fact]
    public void Latest_WithoutAll_AreTheRequestsAndWorkflowsThatCrossServicesNewestFirst()
    {
        var store = new TraceStore();
        store.Add([Spans.Of('a', '1', null, "gateway", "GET /a", 10, 5) with { Kind = "server" }, Spans.Of('a', '2', '1', "order", "GET", 11, 1) with { IsError = true }]);
        store.Add([Spans.Of('b', '3', null, "order", "GET /alive", 20, 1) with { Kind = "server" }]);
        store.Add([Spans.Of('c', '4', null, "gateway", "poll", 30, 5), Spans.Of('c', '5', '4', "order", "GET", 31, 9)]);
        store.Add([Spans.OfActivity('d', '6', "instance-1"), Spans.Of('d', '7', '6', "stock", "POST", 1, 1)]);

        Assert.Equal(["GET /a", "activity Charge"], store.Latest(10, all: false).Select(trace => trace.Name));
        Assert.Equal(["poll", "GET /alive"], store.Latest(2, all: true).Select(trace => trace.Name));
        var first = store.Latest(1, all: false)[0];
        Assert.Equal((Spans.TraceId('a'), "gateway", 5.0, 2, 2, 1), (first.TraceId, first.Service, first.DurationMs, first.Spans, first.Services, first.Errors));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMilliseconds(10), first.StartedAt);
    }
}
