using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace DaprShop.TestKit.Servers;

/// <summary>A client's connection and the one that was made to the server for it.</summary>
internal sealed class ProxiedConnection(Socket client, ProxyTraffic traffic, Damage? toServer, Damage? toClient, AddressRewrite? rewrite)
{
    private const int PacketsOnTheWay = 256;

    private readonly CancellationTokenSource _ended = new();
    private volatile bool _truncated;

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public void Reset()
    {
        try
        {
            // Closing with a linger of zero is what sends a reset in place of the orderly end.
            client.LingerState = new LingerOption(true, 0);
            _server.LingerState = new LingerOption(true, 0);
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }

        _ended.Cancel();
    }

    /// <summary>Until both directions have ended.</summary>
    public async Task RunAsync(int target)
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(IPAddress.Loopback, target, _ended.Token);
            await Task.WhenAll(
                PumpAsync(client, _server, toServer, null, isToServer: true), PumpAsync(_server, client, toClient, rewrite, isToServer: false));
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            await _ended.CancelAsync();
        }
        finally
        {
            client.Dispose();
            _server.Dispose();
        }
    }

    private static bool IsTheEnd(Exception exception) => exception is SocketException or OperationCanceledException or ObjectDisposedException;

    private async Task PumpAsync(Socket from, Socket to, Damage? damage, AddressRewrite? rewrite, bool isToServer)
    {
        var onTheWay = Channel.CreateBounded<(long Sent, byte[] Bytes)>(PacketsOnTheWay);
        var delivery = DeliverAsync(onTheWay.Reader, from, to, damage, isToServer);
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer, _ended.Token) is > 0 and var count)
            {
                var bytes = rewrite is null ? buffer[..count] : rewrite.Pass(buffer.AsSpan(0, count));
                await onTheWay.Writer.WriteAsync((TimeProvider.System.GetTimestamp(), bytes), _ended.Token);
            }

            if (rewrite is not null)
            {
                await onTheWay.Writer.WriteAsync((TimeProvider.System.GetTimestamp(), rewrite.Rest()), _ended.Token);
            }
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            // One side is gone without an orderly end; so is the other then.
            await _ended.CancelAsync();
        }

        onTheWay.Writer.Complete();
        await delivery;
    }

    private async Task DeliverAsync(
        ChannelReader<(long Sent, byte[] Bytes)> packets, Socket from, Socket to, Damage? damage, bool isToServer)
    {
        var position = 0L;
        try
        {
            await foreach (var (sent, bytes) in packets.ReadAllAsync(_ended.Token))
            {
                await ArrivalAsync(sent);
                if (_truncated || (!isToServer && traffic.AnswersLost))
                {
                    continue;
                }

                var here = damage is not null && damage.At >= position && damage.At < position + bytes.Length;
                var offset = here ? (int)(damage!.At - position) : bytes.Length;
                position += bytes.Length;
                if (here && damage!.Mask == 0)
                {
                    await SendAsync(to, bytes.AsMemory(0, offset), isToServer);
                    Truncate(from, to);
                    continue;
                }

                if (here)
                {
                    bytes[offset] ^= damage!.Mask;
                }

                await SendAsync(to, bytes, isToServer);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            await _ended.CancelAsync();
        }
    }

    private async Task ArrivalAsync(long sent)
    {
        if (traffic.Delay - TimeProvider.System.GetElapsedTime(sent) is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait, TimeProvider.System, _ended.Token);
        }

        await traffic.ReleasedAsync(_ended.Token);
    }

    /// <summary>
    /// Both sides get an orderly end, and what they still send is read and dropped: closing on unread bytes would be a reset, which
    /// may take away bytes that had arrived before.
    /// </summary>
    private void Truncate(Socket from, Socket to)
    {
        _truncated = true;
        to.Shutdown(SocketShutdown.Send);
        from.Shutdown(SocketShutdown.Send);
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, bool isToServer)
    {
        traffic.Count(isToServer, bytes.Length);
        while (bytes.Length > 0)
        {
            bytes = bytes[await to.SendAsync(bytes, _ended.Token)..];
        }
    }
}
