using System.Net;
using System.Net.Sockets;

namespace Sidecar.Launcher;

/// <summary>Free TCP ports of the loopback address, never the same one twice.</summary>
internal sealed class PortChoice
{
    private readonly HashSet<int> _given = [];

    /// <summary>A port that somebody asked for by number is not given away.</summary>
    public void Reserve(int port) => _given.Add(port);

    public int Next()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            if (_given.Add(port))
            {
                return port;
            }
        }
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
