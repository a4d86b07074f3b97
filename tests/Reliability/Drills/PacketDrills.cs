using System.Globalization;
using DaprShop.Reliability.Faults;

namespace DaprShop.Reliability.Drills;

/// <summary>Networks that lose packets, and such as lose all of one direction.</summary>
internal static class PacketDrills
{
    public static async Task LostAsync(DrillContext context)
    {
        foreach (var server in context.Shop.Servers)
        {
            await HarmAsync(context, server.Name, () => Packets.DropAsync(10, server.Port, requests: true, answers: true), 15_000);
        }
    }

    /// <summary>A connection that nothing comes over is open for both of its ends: the shop has to give up waiting for itself.</summary>
    public static async Task FlappingAsync(DrillContext context)
    {
        foreach (var server in context.Shop.Servers)
        {
            for (var n = 0; n < 6; n++)
            {
                var answers = n % 2 == 0;
                await HarmAsync(context, server.Name, () => Packets.DropAsync(100, server.Port, requests: !answers, answers), 3000);
                await context.PauseAsync(500, 1500);
            }

            await context.ReadyAsync(server.Name);
        }
    }

    private static async Task HarmAsync(DrillContext context, string server, Func<Task> drop, int howLongMs)
    {
        await drop();
        await context.PauseAsync(howLongMs);
        var dropped = await Packets.HealAsync();
        if (dropped > 0)
        {
            context.Landed(string.Create(CultureInfo.InvariantCulture, $"{dropped} packets dropped of"), server);
        }
    }
}
