using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using DaprShop.TestKit;

namespace DaprShop.Tests.Launcher;

/// <summary>The real launcher as a process of its own, with a dapr.yaml of its own.</summary>
internal sealed class LauncherProcess : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Task _pumps;

    private LauncherProcess(Process process)
    {
        Process = process;
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput, _output), PumpAsync(process.StandardError, _errors));
    }

    public Process Process { get; }

    public string Errors => string.Join('\n', _errors);

    public string Output => string.Join('\n', _output);

    public static LauncherProcess Start(string directory, params string[] args) => Start(directory, new Dictionary<string, string>(), args);

    public static LauncherProcess Start(string directory, IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        var info = Interruptible.Command([Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "sidecar.dll"), .. args]);
        info.WorkingDirectory = directory;
        info.Environment["XDG_STATE_HOME"] = Path.Combine(directory, ".state");
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return new LauncherProcess(Process.Start(info)!);
    }

    /// <summary>The first JSON line with this member, such as <c>ready</c>, or this event.</summary>
    public async Task<JsonElement> LineAsync(string memberOrEvent)
    {
        var line = await Eventually.Get(
            () => _output.FirstOrDefault(text => Matches(text, memberOrEvent)) ?? $"{Output}\n{Errors}", text => Matches(text, memberOrEvent), Deadline);
        return JsonDocument.Parse(line).RootElement;
    }

    public async Task<int> ExitAsync()
    {
        await Process.WaitForExitAsync().WaitAsync(Deadline);
        await _pumps.WaitAsync(Deadline);
        return Process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
    }

    private static bool Matches(string text, string memberOrEvent) =>
        text.StartsWith('{') && !text.Contains('\n', StringComparison.Ordinal) && JsonDocument.Parse(text).RootElement is var line
        && (line.TryGetProperty(memberOrEvent, out _) || (line.TryGetProperty("event", out var name) && name.GetString() == memberOrEvent));

    private static async Task PumpAsync(StreamReader reader, ConcurrentQueue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Enqueue(line);
        }
    }
}
