using System.Net;
using System.Net.Sockets;

namespace DaprShop.Tests.Wire;

/// <summary>
/// Ports nobody listens on, below the range from which the system takes the ports of outgoing connections: a port that
/// was merely free a moment ago is often one of those by the time a server binds it.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int Count = 15_000;

    // Test processes run side by side: each begins somewhere else.
    private static int _next = Environment.ProcessId * 97 % Count;

    public static (int First, int Second) Two() => (Next(), Next());

    private static int Next()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                continue;
            }
        }
    }
}
