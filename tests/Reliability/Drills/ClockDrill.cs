using System.Globalization;
using DaprShop.Reliability.Checking;

namespace DaprShop.Reliability.Drills;

/// <summary>Wall clocks that are wrong, and such as are put right.</summary>
internal static class ClockDrill
{
    private const string Deadline = "payment-deadline";

    /// <summary>Longer than a service that was killed takes to come back on a busy machine, so that no deadline passes by itself.</summary>
    public static readonly TimeSpan PaymentWindow = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan[] Jumps = [TimeSpan.FromDays(3), TimeSpan.FromHours(-1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(-5)];

    /// <summary>Each clock jumps away and back; the one that is furthest ahead is restarted there, as who comes back finds what was written in the future.</summary>
    public static async Task RunAsync(DrillContext context)
    {
        foreach (var app in context.Clocks!.Apps)
        {
            foreach (var off in Jumps)
            {
                await context.SetClockAsync(app, off);
                await context.PauseAsync(2000);
                if (off == Jumps[0])
                {
                    await context.KillAsync(app);
                }

                await context.SetClockAsync(app, TimeSpan.Zero);
                await context.PauseAsync(1000);
            }
        }
    }

    /// <summary>No source of this load pays late, so a deadline that passes is one that a clock has moved.</summary>
    public static void Judge(DrillContext context, World world)
    {
        var late = world.States.Count(state => state is { Status: OrderLife.Cancelled, CancelReason: Deadline });
        context.Expect(
            late * 20 <= world.States.Count,
            string.Create(CultureInfo.InvariantCulture, $"{late} of {world.States.Count} orders were cancelled at a deadline that had not passed"));
    }
}
