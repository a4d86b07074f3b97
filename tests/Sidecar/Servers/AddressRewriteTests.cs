using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.Servers;

/// <summary>An address that came through unchanged would let a client go round the proxy, and every fault would be none.</summary>
public sealed class AddressRewriteTests
{
    private const int Server = 0x2384;
    private static readonly byte[] Host = [.. "127.0.0.1"u8];
    private static readonly byte[] ServerAddress = [.. Host, 0, 0, 0x23, 0x84];

    [Theory]
    [InlineData(0x9C40)]
    [InlineData(0x2385)]
    [InlineData(0x0184)]
    public void Pass_PacketsCutAnywhere_ChangesThePortOfThatAddressOnly(int proxy)
    {
        byte[] proxyAddress = [.. Host, 0, 0, (byte)(proxy >> 8), (byte)proxy];
        (byte[] Before, byte[] After)[] parts =
        [
            ([1, 0, 9], [1, 0, 9]),
            (ServerAddress, proxyAddress),
            (ServerAddress, proxyAddress),
            // Beginnings of an address that turn out to be none, or to hold the real one.
            (Host, Host),
            (ServerAddress, proxyAddress),
            ([.. "127.0.0."u8], [.. "127.0.0."u8]),
            (ServerAddress, proxyAddress),
            ([.. Host, 0, 0, 0x23, 0x85], [.. Host, 0, 0, 0x23, 0x85]),
            ([.. Host, 0, 0, 0x23], [.. Host, 0, 0, 0x23]),
            (ServerAddress, proxyAddress),
            ([.. Host, 0, 1, 0x23, 0x84], [.. Host, 0, 1, 0x23, 0x84]),
            ([.. "127.0.0.2"u8, 0, 0, 0x23, 0x84], [.. "127.0.0.2"u8, 0, 0, 0x23, 0x84]),
            (ServerAddress[..^1], ServerAddress[..^1]),
        ];
        byte[] sent = [.. parts.SelectMany(part => part.Before)];
        byte[] expected = [.. parts.SelectMany(part => part.After)];

        var passed = Enumerable.Range(1, sent.Length)
            .SelectMany(size => Enumerable.Range(0, size).Select(first => Cut(sent, first, size)))
            .Select(packets => PassAll(new AddressRewrite(Server, proxy), packets));

        Assert.All(passed, bytes => Assert.Equal(expected, bytes));
    }

    [Fact]
    public void Pass_BeginningsOfAnAddress_HoldsBackTheOneByteThatMayChange()
    {
        var lengths = Enumerable.Range(1, ServerAddress.Length)
            .Select(length => new AddressRewrite(Server, 1).Pass(ServerAddress.AsSpan(0, length)).Length);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 13], lengths);
    }

    /// <summary>A first packet of its own size, the others alike.</summary>
    private static IEnumerable<byte[]> Cut(byte[] sent, int first, int size) => [sent[..first], .. sent[first..].Chunk(size)];

    private static byte[] PassAll(AddressRewrite rewrite, IEnumerable<byte[]> packets) =>
        [.. packets.SelectMany(packet => rewrite.Pass(packet)).ToArray(), .. rewrite.Rest()];
}
