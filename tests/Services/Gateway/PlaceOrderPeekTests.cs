using System.Buffers;
using System.Text;
using System.Text.Json;
using DaprShop.Contracts.Api;
using DaprShop.Gateway.SoldOut;
using DaprShop.Order.Placing;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Tests.Gateway;

/// <summary>The gateway recognises exactly those orders of one line that the order service would take.</summary>
public sealed class PlaceOrderPeekTests
{
    public static TheoryData<string> Good => new(
        EdgeGateway.Body,
        """{"payment":{"source":"tok_ok"},"items":[{"quantity":999,"sku":"SKU-1001"}]}""",
        " {\r\n\t\"items\" : [ { \"sku\" : \"SKU-1001\" , \"quantity\" : 1 } ] , \"payment\" : { \"source\" : \"tok_ok\" } } \n",
        """{"items":[{"sku":"\u0053KU-1001","quantity":1}],"p\u0061yment":{"source":"tok\u005fok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}""");

    public static TheoryData<string> Others => new(
        "", "null", "[]", "1", "\"x\"", "{", "{}", "nonsense", "\uFEFF{}",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"}} x""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"}}{}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"},}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],/**/"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"},"note":1}""",
        """{"items":[{"sku":"SKU-1001","quantity":1,"note":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok","note":1}}""",
        """{"Items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1,"quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok"},"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok_ok","source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}]}""",
        """{"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001"}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{}}""",
        """{"items":[],"payment":{"source":"tok_ok"}}""",
        """{"items":[null],"payment":{"source":"tok_ok"}}""",
        """{"items":null,"payment":{"source":"tok_ok"}}""",
        """{"items":{"sku":"SKU-1001","quantity":1},"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1},{"sku":"SKU-1002","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":null,"quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"sku-1001","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001\n","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"\uD800","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","quantity":1}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":0}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1000}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1.0}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1e0}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":99999999999}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":"1"}],"payment":{"source":"tok_ok"}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":"tok_ok"}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":null}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":null}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":""}}""",
        """{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"tok-ok"}}""");

    [Theory]
    [MemberData(nameof(Good))]
    public void TryRead_OrderOfOneLine_GivesItsSku(string body)
    {
        Assert.True(IsTakenByTheService(body));
        Assert.True(PlaceOrderPeek.TryRead(Whole(body), out var sku));
        Assert.Equal("SKU-1001", sku);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void TryRead_InPieces_IsTheSame(string body)
    {
        for (var size = 1; size < 20; size++)
        {
            Assert.True(PlaceOrderPeek.TryRead(Pieces(body, size), out var sku));
            Assert.Equal("SKU-1001", sku);
        }
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void TryRead_AnythingElse_IsLeftToTheService(string body)
    {
        Assert.False(IsTakenByTheService(body));
        Assert.False(PlaceOrderPeek.TryRead(Whole(body), out _));
        Assert.False(PlaceOrderPeek.TryRead(Pieces(body, size: 3), out _));
    }

    [Fact]
    public void TryRead_TextThatIsNoUtf8_IsLeftToTheService()
    {
        var body = Encoding.Latin1.GetBytes("""{"items":[{"sku":"SKU-1001","quantity":1}],"payment":{"source":"ü"}}""");

        Assert.False(PlaceOrderPeek.TryRead(new ReadOnlySequence<byte>(body), out _));
    }

    private static bool IsTakenByTheService(string body)
    {
        try
        {
            var errors = new ValidationErrors();
            if (JsonSerializer.Deserialize<PlaceOrder>(body, ShopJson.Requests) is not { Items.Count: 1 } order)
            {
                return false;
            }

            PlaceOrderRequests.Validate(order, errors);
            return !errors.Any;
        }
        catch (JsonException)
        {
            // Refused with a problem that names the member.
            return false;
        }
    }

    private static ReadOnlySequence<byte> Whole(string body) => new(Encoding.UTF8.GetBytes(body));

    private static ReadOnlySequence<byte> Pieces(string body, int size)
    {
        var pieces = Encoding.UTF8.GetBytes(body).Chunk(size).ToList();
        if (pieces.Count == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        var first = new Piece(pieces[0], before: null);
        var last = pieces.Skip(1).Aggregate(first, (before, piece) => new Piece(piece, before));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, Piece? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
