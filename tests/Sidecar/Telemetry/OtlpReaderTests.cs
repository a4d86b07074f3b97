using DaprShop.Tests.Fuzzing;
using Google.Protobuf;
using Sidecar.Telemetry;
using Sidecar.Telemetry.Otlp;

namespace DaprShop.Tests.Telemetry;

public sealed class OtlpReaderTests
{
    [Fact]
    public void Spans_OfAnExport_HaveAllThatIsShown()
    {
        var span = Spans.Wire('a', '2', "POST /x");
        span.ParentSpanId = Spans.Bytes(Spans.SpanId('1'));
        span.Attributes.Add(Spans.Text("url.path", "/x"));
        span.Attributes.Add(new KeyValue { Key = "http.response.status_code", Value = new AnyValue { IntValue = 503 } });
        span.Links.Add(new Link { TraceId = Spans.Bytes(Spans.TraceId('b')), SpanId = Spans.Bytes(Spans.SpanId('3')) });
        span.Status = new Status { Code = 2, Message = "away" };

        var read = Assert.Single(OtlpReader.Spans(Spans.Export("order", span)));

        Assert.Equal((Spans.TraceId('a'), Spans.SpanId('2'), Spans.SpanId('1')), (read.TraceId, read.Id, read.ParentId));
        Assert.Equal(("order", "dapr/order/3502", "POST /x", "server"), (read.Service, read.Source, read.Name, read.Kind));
        Assert.Equal((1_000_000_000, 1_250_000_000), (read.Start, read.End));
        Assert.Equal((true, "away"), (read.IsError, read.Message));
        Assert.Equal("/x 503", $"{read.Attributes["url.path"]} {read.Attributes["http.response.status_code"]}");
        Assert.Equal(new SpanLink(Spans.TraceId('b'), Spans.SpanId('3')), Assert.Single(read.Links));
    }

    /// <summary>Written by the field numbers of the specification, so that the reader's .proto cannot be wrong in both places.</summary>
    [Fact]
    public void Spans_InTheSpecificationsNumbers_AreRead()
    {
        var resource = Field(1, Field(1, [.. Field(1, "service.name"u8), .. Field(2, Field(1, "order"u8))]));
        byte[] span =
        [
            .. Field(1, Convert.FromHexString(Spans.TraceId('a'))), .. Field(2, Convert.FromHexString(Spans.SpanId('2'))), .. Field(3, "state=1"u8),
            .. Field(4, Convert.FromHexString(Spans.SpanId('1'))), .. Field(5, "work"u8),
            6 << 3, 4, (7 << 3) | 1, 1, 0, 0, 0, 0, 0, 0, 0, (8 << 3) | 1, 3, 0, 0, 0, 0, 0, 0, 0,
            .. Field(9, [.. Field(1, "k"u8), .. Field(2, Field(1, "v"u8))]),
            .. Field(13, [.. Field(1, Convert.FromHexString(Spans.TraceId('b'))), .. Field(2, Convert.FromHexString(Spans.SpanId('3')))]),
            .. Field(15, [.. Field(2, "away"u8), 3 << 3, 2]),
        ];

        var read = Assert.Single(OtlpReader.Spans(Field(1, [.. resource, .. Field(2, [.. Field(1, Field(1, "source"u8)), .. Field(2, span)])])));

        Assert.Equal(("order", "source", "work", "producer", 1, 3), (read.Service, read.Source, read.Name, read.Kind, read.Start, read.End));
        Assert.Equal((Spans.TraceId('a'), Spans.SpanId('2'), Spans.SpanId('1'), "v"), (read.TraceId, read.Id, read.ParentId, read.Attributes["k"]));
        Assert.Equal((true, "away", new SpanLink(Spans.TraceId('b'), Spans.SpanId('3'))), (read.IsError, read.Message, Assert.Single(read.Links)));
    }

    [Fact]
    public void Spans_WithoutRealIds_AreLeftOut()
    {
        var noTrace = Spans.Wire('0', '1');
        var shortId = Spans.Wire('a', '1');
        shortId.SpanId = Spans.Bytes("11");

        var read = OtlpReader.Spans(Spans.Export("order", noTrace, shortId, Spans.Wire('a', '2')));

        Assert.Equal(Spans.SpanId('2'), Assert.Single(read).Id);
    }

    [Fact]
    public void Spans_ThatAreLargeOrEndBeforeTheyBegin_AreCutToMeasure()
    {
        var span = Spans.Wire('a', '1', new string('n', 10_000));
        span.EndTimeUnixNano = 1;
        span.Attributes.AddRange(Enumerable.Range(0, 1_000).Select(number => Spans.Text($"k{number}", "v")));
        span.Links.AddRange(Enumerable.Range(0, 5_000).Select(_ => new Link { TraceId = Spans.Bytes(Spans.TraceId('b')) }));

        var read = Assert.Single(OtlpReader.Spans(Spans.Export("order", span)));

        Assert.Equal(OtlpReader.LongestText + 1, read.Name.Length);
        Assert.Equal((OtlpReader.MostAttributes, OtlpReader.MostLinks), (read.Attributes.Count, read.Links.Count));
        Assert.Equal(read.Start, read.End);
    }

    [Fact]
    public void Logs_OfAnExport_AreThoseOfATrace()
    {
        var export = new ExportLogs
        {
            ResourceLogs =
            {
                new ResourceLogs
                {
                    Resource = new Resource { Attributes = { Spans.Text("service.name", "order") } },
                    ScopeLogs =
                    {
                        new ScopeLogs
                        {
                            LogRecords =
                            {
                                new LogRecord { Body = new AnyValue { StringValue = "started" } },
                                new LogRecord
                                {
                                    TraceId = Spans.Bytes(Spans.TraceId('a')), SpanId = Spans.Bytes(Spans.SpanId('1')), SeverityText = "Warning",
                                    Body = new AnyValue { StringValue = "late" }, ObservedTimeUnixNano = 7,
                                },
                            },
                        },
                    },
                },
            },
        };

        Assert.Equal(
            [new ReceivedLog(Spans.TraceId('a'), Spans.SpanId('1'), "order", "Warning", "late", 7)], OtlpReader.Logs(export.ToByteArray()));
    }

    [Fact]
    public void Metrics_OfAnExport_AreCounted()
    {
        var export = new ExportMetrics
        {
            ResourceMetrics = { new ResourceMetrics { ScopeMetrics = { new ScopeMetrics { Metrics = { new Metric { Name = "a" }, new Metric { Name = "b" } } } } } },
        };

        Assert.Equal(2, OtlpReader.CountMetrics(export.ToByteArray()));
    }

    [Fact]
    public void Bytes_OfAnyKind_AreReadOrRefused() => Fuzz.Run(
        Fuzz.Bytes([Spans.Export("order", Spans.Wire('a', '1'), Spans.Wire('a', '2')), []]),
        body =>
        {
            try
            {
                Assert.All(OtlpReader.Spans(body), span => Assert.Equal((32, 16), (span.TraceId.Length, span.Id.Length)));
                Assert.All(OtlpReader.Logs(body), log => Assert.Equal(32, log.TraceId.Length));
                Assert.InRange(OtlpReader.CountMetrics(body), 0, body.Length);
            }
            catch (InvalidProtocolBufferException refusal)
            {
                Assert.NotEmpty(refusal.Message);
            }
        });

    /// <summary>A length-delimited field of a number up to 15 and less than 256 bytes.</summary>
    private static byte[] Field(int number, ReadOnlySpan<byte> content) =>
        [(byte)((number << 3) | 2), .. content.Length < 128 ? [(byte)content.Length] : new[] { (byte)(content.Length | 128), (byte)(content.Length >> 7) }, .. content];
}
