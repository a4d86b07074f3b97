using System.Net;
using System.Net.Sockets;

namespace DaprShop.Tests.Servers;

/// <summary>Sends back what it gets.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;

    public EchoServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var echoes = new List<Task>();
        try
        {
            while (true)
            {
                echoes.Add(EchoAsync(await _listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(echoes);
        }
    }

    private static async Task EchoAsync(TcpClient client)
    {
        using var closing = client;
        var stream = client.GetStream();
        try
        {
            await stream.CopyToAsync(stream);
        }
        catch (IOException)
        {
            // Reset, as some tests want it.
        }
    }
}
