using System.Globalization;
using System.Text;
using Sidecar.Clients.Redis;

namespace DaprShop.Tests.Clients;

public sealed class RespReaderTests
{
    private const string Everything =
        "+OK\r\n-ERR no such thing\r\n:-42\r\n$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
        + "*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+x\r\n";

    private static readonly string Described =
        "+OK|-ERR no such thing|:-42|$he\r\no|$|null|null|[]|[$0,[$a,[:1,null],+x]]";

    [Fact]
    public void Read_EveryKindOfReply_IsUnderstood()
    {
        var replies = Read(Encoding.UTF8.GetBytes(Everything));

        Assert.Equal(Described, string.Join('|', replies.Select(Describe)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Read_InSmallPortions_GivesTheSame(int portion)
    {
        var reader = new RespReader();
        var replies = new List<RespValue>();

        foreach (var bytes in Encoding.UTF8.GetBytes(Everything).Chunk(portion))
        {
            reader.Read(bytes, replies);
        }

        Assert.Equal(Described, string.Join('|', replies.Select(Describe)));
    }

    [Fact]
    public void Read_LargeBulkInManyPortions_IsByteForByte()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var value = new byte[3_000_000];
        random.NextBytes(value);
        byte[] wire = [.. Encoding.ASCII.GetBytes($"${value.Length}\r\n"), .. value, .. "\r\n"u8];
        var reader = new RespReader();
        var replies = new List<RespValue>();

        for (var at = 0; at < wire.Length;)
        {
            var count = Math.Min(random.Next(1, 100_000), wire.Length - at);
            reader.Read(wire.AsSpan(at, count), replies);
            at += count;
        }

        Assert.True(Assert.Single(replies).Bytes.Span.SequenceEqual(value), $"the value differs (seed {seed})");
    }

    [Theory]
    [InlineData("OK\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData(":1x\r\n")]
    [InlineData(":\r\n")]
    [InlineData(":99999999999999999999\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$600000000\r\n")]
    [InlineData("$2\r\nabc\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public void Read_BytesThatAreNoResp_AreRefused(string wire)
    {
        Assert.Throws<RespFormatException>(() => Read(Encoding.UTF8.GetBytes(wire)));
    }

    [Fact]
    public void Read_LineWithoutEnd_IsRefusedBeforeItFillsTheMemory()
    {
        var reader = new RespReader();
        var portion = new byte[64 << 10];
        Array.Fill(portion, (byte)'+');

        Assert.Throws<RespFormatException>(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                reader.Read(portion, []);
            }
        });
    }

    [Fact]
    public void Read_LengthsNobodySendsBytesFor_TakeNoMemory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Read("*2147483647\r\n$500000000\r\nabc"u8.ToArray());

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_DamagedBytes_EitherReadsOrRefuses()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var sound = Encoding.UTF8.GetBytes(Everything);
        var (read, refused) = (0, 0);

        for (var round = 0; round < 10_000; round++)
        {
            var wire = Damage(sound, random);
            try
            {
                Read(wire);
                read++;
            }
            catch (RespFormatException)
            {
                refused++;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}: {Convert.ToHexString(wire)}", exception);
            }
        }

        Assert.True(read > 100 && refused > 100, $"read {read}, refused {refused} (seed {seed})");
    }

    private static byte[] Damage(byte[] sound, Random random)
    {
        var wire = sound.AsSpan(0, random.Next(1, sound.Length + 1)).ToArray();
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            wire[random.Next(wire.Length)] = (byte)random.Next(256);
        }

        return wire;
    }

    private static List<RespValue> Read(byte[] wire)
    {
        var replies = new List<RespValue>();
        new RespReader().Read(wire, replies);
        return replies;
    }

    private static string Describe(RespValue reply) => reply.Kind switch
    {
        RespKind.Null => "null",
        RespKind.SimpleString => $"+{reply.Text}",
        RespKind.Error => $"-{reply.Text}",
        RespKind.Integer => string.Create(CultureInfo.InvariantCulture, $":{reply.Integer}"),
        RespKind.Bulk => $"${reply.Text}",
        _ => $"[{string.Join(',', reply.Items.Select(Describe))}]",
    };
}
