using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DaprShop.TestKit.Shop;

namespace DaprShop.TestKit.Servers;

/// <summary>
/// A real server, started by the launcher's <c>infra up</c> on a free port with data of its own. The launcher stays attached to
/// this process: when it is disposed of, or this process ends in whatever way, the server goes and its data with it.
/// </summary>
public abstract class LaunchedServer : IAsyncDisposable
{
    // The first start on a machine may install packages.
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMinutes(2);

    private readonly string[] _flags;
    private readonly ConcurrentQueue<string> _said = new();
    private readonly TaskCompletionSource<string> _firstReport = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _starter;
    private Task _launcherEnded = Task.CompletedTask;
    private Dictionary<string, int> _pids = [];

    protected LaunchedServer(string name, params string[] flags)
    {
        Name = name;
        _flags = flags;
        Port = FreePorts.Take(1)[0];
        DataDirectory = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"{name}-{Environment.ProcessId}-{Port}"));
    }

    public string Name { get; }

    public int Port { get; }

    /// <summary>What the launcher was given as --data-dir.</summary>
    public string DataDirectory { get; }

    /// <summary>The process that clients speak to; another one after it was started again.</summary>
    public int Pid => PidOf("server");

    /// <summary>kill -9: what the server holds in memory only is lost.</summary>
    public Task KillAsync() => KillAsync("server");

    /// <summary>On the same port and data, as somebody would after a crash. A server that runs is left as it is.</summary>
    public async Task StartAgainAsync()
    {
        await using var run = LauncherRun.Start(Path.GetTempPath(), UpCommand());
        var exitCode = await run.ExitAsync(StartDeadline);
        Take(run.Output.Split('\n').FirstOrDefault(IsReport), $"exit code {exitCode}\n{run.Output}");
    }

    /// <summary>It answers nothing any more, and its connections stay open.</summary>
    public Task PauseAsync() => ServerProcess.PauseAsync(Pid);

    public Task ResumeAsync() => ServerProcess.SignalAsync(Pid, "CONT");

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_starter is null)
        {
            return;
        }

        _starter.StandardInput.Close();
        await _launcherEnded.WaitAsync(StopDeadline);
        _starter.Dispose();
        _starter = null;
        if (Directory.Exists(DataDirectory))
        {
            throw new InvalidOperationException($"{Name} did not go without a trace: {DataDirectory} is still there.\n{string.Join('\n', _said)}");
        }
    }

    protected async Task LaunchAsync()
    {
        // In a session of its own and no child of this process: who kills a hanging test run kills it with all its children, and the
        // launcher has to be there afterwards.
        var start = new ProcessStartInfo("setsid", ["--fork", "dotnet", Checkout.Launcher, .. UpCommand(), "--attached", "--purge"])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NO_COLOR"] = "1";
        _starter = Process.Start(start)!;
        _launcherEnded = ReadToEndAsync(_starter);
        try
        {
            Take(await _firstReport.Task.WaitAsync(StartDeadline), string.Join('\n', _said));
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            _starter.StandardInput.Close();
            throw new InvalidOperationException($"{Name} did not start: {exception.Message}\n{string.Join('\n', _said)}", exception);
        }
    }

    protected async Task KillAsync(string role)
    {
        var pid = PidOf(role);
        await ServerProcess.SignalAsync(pid, "KILL");
        await Eventually.True(() => ServerProcess.IsGone(pid));
    }

    protected int PidOf(string role) => _pids[role];

    private string[] UpCommand() =>
        ["infra", "up", Name, "--port", Port.ToString(CultureInfo.InvariantCulture), "--data-dir", DataDirectory, "--json", .. _flags];

    private static bool IsReport(string line) => line.StartsWith('{');

    private async Task ReadToEndAsync(Process process)
    {
        await Task.WhenAll(OnThreadOfItsOwn(() => Read(process.StandardOutput)), OnThreadOfItsOwn(() => Read(process.StandardError)));
        _firstReport.TrySetResult("");
    }

    // Reading a pipe blocks, whatever the method is called, and does so for as long as the server runs: two of the pool's threads
    // for each server starve the tests of a small machine.
    private static Task OnThreadOfItsOwn(Action read) =>
        Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Read(StreamReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            _said.Enqueue(line);
            if (IsReport(line))
            {
                _firstReport.TrySetResult(line);
            }
        }
    }

    private void Take(string? report, string said)
    {
        using var document = IsReport(report ?? "") ? JsonDocument.Parse(report!) : null;
        if (document is null || document.RootElement.GetProperty("state").GetString() != "running")
        {
            throw new InvalidOperationException($"{Name} does not run: {said}");
        }

        _pids = document.RootElement.GetProperty("processes").EnumerateObject().ToDictionary(process => process.Name, process => process.Value.GetInt32());
    }
}
