using System.Collections.Concurrent;
using System.Diagnostics;

namespace DaprShop.TestKit.Shop;

/// <summary>The launcher's executable with any arguments, seen from outside: what it prints and how it ends.</summary>
public sealed class LauncherRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;
    private readonly Task _pumps;

    private LauncherRun(Process process)
    {
        _process = process;
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Both streams, as the lines came.</summary>
    public string Output => string.Join('\n', _lines);

    public static LauncherRun Start(string folder, params IEnumerable<string> args)
    {
        var start = Interruptible.Command(["dotnet", Checkout.Launcher, .. args]);
        start.WorkingDirectory = folder;
        start.Environment["NO_COLOR"] = "1";
        start.Environment["XDG_STATE_HOME"] = Path.Combine(folder, ".state");
        return new LauncherRun(Process.Start(start)!);
    }

    public static async Task<(int ExitCode, string Output)> ToEndAsync(string folder, params IEnumerable<string> args)
    {
        await using var run = Start(folder, args);
        return (await run.ExitAsync(), run.Output);
    }

    public async Task<int> ExitAsync(TimeSpan? patience = null)
    {
        await _process.WaitForExitAsync().WaitAsync(patience ?? Patience);
        await _pumps.WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>Ctrl+C.</summary>
    public async Task<int> InterruptAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        return await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
        }
    }
}
