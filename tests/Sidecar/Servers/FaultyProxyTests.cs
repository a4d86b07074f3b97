using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.Servers;

/// <summary>A fault that did not happen would make every test that relies on it pass for nothing.</summary>
public sealed class FaultyProxyTests : IAsyncLifetime
{
    private readonly EchoServer _echo = new();
    private FaultyProxy _proxy = null!;

    public Task InitializeAsync()
    {
        _proxy = FaultyProxy.Start(_echo.Port);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _echo.DisposeAsync();
    }

    [Fact]
    public async Task Proxy_WithoutFaults_PassesEverythingBothWaysAndTheEnd()
    {
        using var client = await ConnectAsync();
        var sent = new byte[1_000_000];
        for (var i = 0; i < sent.Length; i++)
        {
            sent[i] = (byte)(i * 31);
        }

        var received = await ExchangeAsync(client, sent);

        Assert.Equal(sent, received);
        Assert.Equal((1, sent.Length, sent.Length), (_proxy.Accepted, _proxy.Traffic.BytesToServer, _proxy.Traffic.BytesToClient));
        client.Dispose();
        await Eventually.Get(() => _proxy.Open, open => open == 0);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 3)]
    [InlineData(9, 100)]
    public async Task Corrupt_InEitherDirection_ChangesThatByteOnly(int at, int packet)
    {
        byte[] sent = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        byte[] expected = [.. sent];
        expected[at] ^= 0x41;
        _proxy.ToServer = Damage.Corrupt(at, 0x41);
        using var there = await ConnectAsync();
        _proxy.ToServer = null;
        _proxy.ToClient = Damage.Corrupt(at, 0x41);
        using var back = await ConnectAsync();
        _proxy.ToClient = null;
        using var healed = await ConnectAsync();

        byte[][] received = [await ExchangeAsync(there, sent, packet), await ExchangeAsync(back, sent, packet), await ExchangeAsync(healed, sent, packet)];

        Assert.Equal([expected, expected, sent], received);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task Truncate_InEitherDirection_PassesWhatCameBeforeAndEnds(int at)
    {
        byte[] sent = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        _proxy.ToServer = Damage.Truncate(at);
        using var there = await ConnectAsync();
        _proxy.ToServer = null;
        _proxy.ToClient = Damage.Truncate(at);
        using var back = await ConnectAsync();

        await there.SendAsync(sent);
        await back.SendAsync(sent);
        byte[][] received = [await ReadToEndAsync(there), await ReadToEndAsync(back)];

        Assert.Equal(sent[..at], received[1]);
        Assert.True(sent.AsSpan(0, at).StartsWith(received[0]), $"{received[0].Length} bytes came back of {at}");
        Assert.InRange(_proxy.Traffic.BytesToServer, at, at + sent.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(100)]
    public async Task PosingAsServer_AnswerWithTheServersAddress_NamesTheProxyAndDamageStaysInPlace(int packet)
    {
        await using var posing = FaultyProxy.Start(_echo.Port, posesAsServer: true);
        byte[] sent = [1, 9, .. "127.0.0.1"u8, 0, 0, (byte)(_echo.Port >> 8), (byte)_echo.Port, 2, 3, .. "127.0.0.1"u8, 0, 0, (byte)(_echo.Port >> 8)];
        byte[] expected = [.. sent];
        (expected[13], expected[14]) = ((byte)(posing.Port >> 8), (byte)posing.Port);
        using var client = await ConnectAsync(posing);

        var whole = await ExchangeAsync(client, sent, packet);
        posing.ToClient = Damage.Corrupt(15, 0x41);
        using var later = await ConnectAsync(posing);
        var damaged = await ExchangeAsync(later, sent, packet);

        Assert.Equal(expected, whole);
        Assert.Equal([.. expected[..15], 2 ^ 0x41, .. expected[16..]], damaged);
        Assert.Equal((2L * sent.Length, 2L * sent.Length), (posing.Traffic.BytesToServer, posing.Traffic.BytesToClient));
    }

    [Fact]
    public async Task Cut_OfOpenConnections_ResetsThemAndNewOnesWork()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(new byte[] { 1 });
        await client.ReceiveAsync(new byte[1]);

        _proxy.Cut();

        var broken = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(SocketError.ConnectionReset, broken.SocketErrorCode);
        using var next = await ConnectAsync();
        Assert.Equal([7], await ExchangeAsync(next, [7]));
    }

    [Fact]
    public async Task Refuse_WhileOn_RefusesNewConnectionsAndLeavesOpenOnes()
    {
        using var before = await ConnectAsync();
        await before.SendAsync(new byte[] { 1 });
        await before.ReceiveAsync(new byte[1]);

        _proxy.Refuse = true;
        var refused = await Assert.ThrowsAsync<SocketException>(ConnectAsync);
        _proxy.Refuse = false;
        using var after = await ConnectAsync();

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Equal([2], await ExchangeAsync(before, [2]));
        Assert.Equal([3], await ExchangeAsync(after, [3]));
    }

    [Fact]
    public async Task Delay_OfBothDirections_IsSpentByAnAnswer()
    {
        _proxy.Delay = TimeSpan.FromMilliseconds(100);
        using var client = await ConnectAsync();
        var watch = Stopwatch.StartNew();

        var received = await ExchangeAsync(client, [1, 2, 3]);

        Assert.Equal([1, 2, 3], received);
        // Timers of the system may be some milliseconds early; without the delay it takes less than one.
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task AnswersLost_WhileOn_ReachTheServerAndNobodyElse()
    {
        using var client = await ConnectAsync();
        _proxy.AnswersLost = true;
        await client.SendAsync(new byte[] { 1, 2, 3 });
        await Eventually.Get(() => _proxy.Traffic.BytesToServer, bytes => bytes == 3);
        _proxy.Cut();
        _proxy.AnswersLost = false;
        using var next = await ConnectAsync();

        Assert.Equal([4], await ExchangeAsync(next, [4]));
        Assert.Equal((4, 1), (_proxy.Traffic.BytesToServer, _proxy.Traffic.BytesToClient));
    }

    [Fact]
    public async Task Blackhole_WhileOn_AnswersNothingAndAfterwardsEverything()
    {
        using var client = await ConnectAsync();
        _proxy.Blackhole = true;
        using var inTheHole = await ConnectAsync();
        await client.SendAsync(new byte[] { 1 });
        await inTheHole.SendAsync(new byte[] { 2 });
        var answers = Task.WhenAll(ReadByteAsync(client), ReadByteAsync(inTheHole));

        var first = await Task.WhenAny(answers, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
        Assert.NotSame(answers, first);
        Assert.Equal((0, 0), (_proxy.Traffic.BytesToServer, _proxy.Traffic.BytesToClient));
        _proxy.Blackhole = false;

        Assert.Equal([1, 2], await answers.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Server_ThatIsGone_EndsTheConnection()
    {
        await _echo.DisposeAsync();
        using var client = await ConnectAsync();

        var received = await ReadToEndAsync(client);

        Assert.Empty(received);
    }

    private Task<Socket> ConnectAsync() => ConnectAsync(_proxy);

    private static async Task<Socket> ConnectAsync(FaultyProxy proxy)
    {
        var before = proxy.Accepted;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);

        // The system connects before the proxy takes the connection, and with it the damage of the moment.
        await Eventually.True(() => proxy.Accepted > before);
        return socket;
    }

    /// <summary>Sends in packets of this size, ends its side, and reads to the end.</summary>
    private static async Task<byte[]> ExchangeAsync(Socket client, byte[] sent, int packet = int.MaxValue)
    {
        var reading = ReadToEndAsync(client);
        foreach (var part in sent.Chunk(Math.Min(packet, 65536)))
        {
            await client.SendAsync(part);
        }

        client.Shutdown(SocketShutdown.Send);
        return await reading;
    }

    private static async Task<byte> ReadByteAsync(Socket client)
    {
        var buffer = new byte[1];
        return await client.ReceiveAsync(buffer) == 1 ? buffer[0] : throw new EndOfStreamException();
    }

    private static async Task<byte[]> ReadToEndAsync(Socket client)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var stream = new NetworkStream(client, ownsSocket: false);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, deadline.Token);
        return all.ToArray();
    }
}
