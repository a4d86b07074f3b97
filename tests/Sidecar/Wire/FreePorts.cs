namespace DaprShop.Tests.Wire;

/// <summary>Ports nobody listens on, out of the same row as those of the servers that a test starts: two rows would give one port twice.</summary>
internal static class FreePorts
{
    public static (int First, int Second) Two()
    {
        var ports = TestKit.Shop.FreePorts.Take(2);
        return (ports[0], ports[1]);
    }
}
