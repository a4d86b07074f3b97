using System.Diagnostics;
using System.Globalization;
using DaprShop.Reliability.Faults;
using DaprShop.TestKit;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Drills;

/// <summary>What is done to a process by other means than a signal at a random moment.</summary>
internal static class ProcessFaults
{
    /// <summary>strace kills whoever writes the store at its k-th sync from now on, before it takes place.</summary>
    public static async Task CutAtWriteAsync(DrillContext context)
    {
        var target = context.Shop.Servers.FirstOrDefault(server => server.Name == "redis");
        foreach (var k in Enumerable.Range(1, 5).Select(n => context.Random.Next(1, n * 8)))
        {
            await context.PauseAsync(1500);
            var pid = target?.Pid ?? context.Shop.LauncherPid;
            using var tracer = Start(
                "strace", "-f", "-qq", "-o", "/dev/null", "-p", Text(pid), "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:signal=KILL:when={Text(k)}");
            try
            {
                await Eventually.True(() => ServerProcess.IsGone(pid), TimeSpan.FromSeconds(30));
                context.Landed($"kill at sync {Text(k)}", target?.Name ?? Nemesis.Launcher);
            }
            catch (TimeoutException)
            {
                // It did not sync that often: not landed, and counted so.
            }
            finally
            {
                await EndAsync(tracer);
            }

            if (target is not null)
            {
                await target.StartAgainAsync();
            }
            else
            {
                await context.Shop.KillLauncherAsync();
                await context.Shop.StartAgainAsync();
            }
        }
    }

    /// <summary>No file of the store may grow for a while: what a full disk answers to a write. A server that ends over it is started again afterwards.</summary>
    public static async Task DiskFullAsync(DrillContext context)
    {
        var store = context.Shop.Servers.Single(server => server.Name == "redis");
        var pid = store.Pid;
        await LimitAsync(pid, "0:unlimited");
        var accepted = await context.AcceptedWhileAsync(() => context.PauseAsync(5000));
        if (ServerProcess.IsGone(pid))
        {
            context.Landed("a full disk ended", store.Name);
        }
        else
        {
            await LimitAsync(pid, "unlimited:unlimited");
            if (accepted == 0)
            {
                context.Landed("a full disk stopped the writes of", store.Name);
            }
        }

        await store.StartAgainAsync();
    }

    /// <summary>SIGTERM, as a rollout ends a process; the launcher starts it again.</summary>
    public static async Task RestartAsync(DrillContext context, string app)
    {
        var pid = context.Shop.Pids[app];
        await ServerProcess.SignalAsync(pid, "TERM");
        context.Landed("SIGTERM", app);
        await Eventually.True(() => context.Shop.Pids[app] != pid);
        await context.ReadyAsync(app);
    }

    /// <summary>kill -9 of the launcher before it says that the shop is ready.</summary>
    public static async Task KillWhileStartingAsync(RunningShop shop, Task starting)
    {
        await shop.KillLauncherAsync();
        await HasStartedAsync(starting);
    }

    /// <returns>False: the launcher says why it did not.</returns>
    public static async Task<bool> HasStartedAsync(Task starting)
    {
        try
        {
            await starting;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task LimitAsync(int pid, string fileSize)
    {
        using var limit = Start("prlimit", "--pid", Text(pid), $"--fsize={fileSize}");
        await limit.WaitForExitAsync();
    }

    private static Process Start(string command, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
