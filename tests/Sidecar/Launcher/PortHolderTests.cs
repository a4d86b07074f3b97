using System.Net;
using System.Net.Sockets;
using Sidecar.Launcher;

namespace DaprShop.Tests.Launcher;

public sealed class PortHolderTests
{
    private static readonly string[] Table =
    [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0 0 10 0",
        "   1: 0100007F:1F92 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000 20 4 30 10 -1",
        "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000 100 0 0 10 0",
        "   3: 00000000000000000000000000000000:1F92 00000000000000000000000000000000:0000 0A 0:0 00:00000000 00000000 0 0 4714 1 0 100 0 0 10 0",
    ];

    [Theory]
    [InlineData(8082, "4711", "4714")]
    [InlineData(80, "4713")]
    [InlineData(81)]
    public void ListeningInodes_OfATable_TakesListenersOfThePortOnly(int port, params string[] expected)
    {
        Assert.Equal(expected, PortHolder.ListeningInodes(Table, port));
    }

    [Fact]
    public void Find_PortOfThisProcess_NamesThisProcess()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var holder = PortHolder.Find(port);

        Assert.False(PortChoice.IsFree(port));
        Assert.Equal(OperatingSystem.IsLinux() ? Environment.ProcessId : null, holder?.Pid);
    }
}
