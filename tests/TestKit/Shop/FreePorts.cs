using System.Net;
using System.Net.Sockets;

namespace DaprShop.TestKit.Shop;

/// <summary>
/// Ports for processes that a test starts. Each is given once: two shops that start at the same time would else find the same ones
/// free, and one would talk to the other's services. All lie below the range from which systems serve outgoing connections.
/// </summary>
public static class FreePorts
{
    private const int First = 10_000;
    private const int Count = 20_000;

    // Test processes that run side by side begin at different places.
    private static int _next = Environment.ProcessId * 211 % Count;

    public static IReadOnlyList<int> Take(int count)
    {
        var ports = new List<int>(count);
        while (ports.Count < count)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            if (IsFree(port))
            {
                ports.Add(port);
            }
        }

        return ports;
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
