using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sidecar.Launcher;

/// <summary>
/// Starts every app from one thread that lives as long as the launcher: Linux sends the death signal when the parent
/// <em>thread</em> ends, and a thread of the pool may end at any time.
/// </summary>
internal sealed class ProcessStarter : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Info, TaskCompletionSource<Process> Started)> _requests = [];

    public ProcessStarter() => new Thread(Serve) { IsBackground = true, Name = "process starter" }.Start();

    /// <summary>Fails with <see cref="Win32Exception"/> when the file cannot be run.</summary>
    public Task<Process> StartAsync(ProcessStartInfo info)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Add((info, started));
        return started.Task;
    }

    /// <summary>A start of <paramref name="command"/> in a process group of its own, with its output captured and no input.</summary>
    public static ProcessStartInfo Describe(
        IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string> environment)
    {
        string[] words = [command[0] == "dotnet" ? DotnetHost() ?? "dotnet" : command[0], .. command.Skip(1)];
        if (!OperatingSystem.IsWindows())
        {
            words = [.. OwnWords(), ExecApp.Verb, $"{Environment.ProcessId}", .. words];
        }

        var info = new ProcessStartInfo(words[0], words.Skip(1))
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    /// <summary>The dotnet that runs this process, so that the apps run where PATH knows no dotnet or another one; null when unknown.</summary>
    public static string? DotnetHost()
    {
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            return Environment.ProcessPath;
        }

        // Started through its own executable: the runtime in use lies in <root>/shared/Microsoft.NETCore.App/<version>.
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var host = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(host) ? host : null;
    }

    public void Dispose() => _requests.CompleteAdding();

    /// <summary>How this program is started again, word by word.</summary>
    public static string[] OwnWords()
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, typeof(ProcessStarter).Assembly.GetName().Name + ".dll");
        var apphost = Path.ChangeExtension(assembly, null);
        return DotnetHost() is { } dotnet ? [dotnet, assembly] : [apphost];
    }

    private void Serve()
    {
        foreach (var (info, started) in _requests.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(info) ?? throw new InvalidOperationException($"{info.FileName} did not start"));
            }
            catch (Exception exception) when (exception is Win32Exception or InvalidOperationException or FileNotFoundException)
            {
                started.SetException(exception);
            }
        }

        _requests.Dispose();
    }
}
