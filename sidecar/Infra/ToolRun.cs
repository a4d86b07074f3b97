using System.ComponentModel;
using System.Diagnostics;

namespace Sidecar.Infra;

/// <summary>A program that ran to its end, and the last it said.</summary>
internal sealed record ToolRun(int ExitCode, IReadOnlyList<string> LastLines)
{
    private const int Kept = 12;

    public static async Task<ToolRun> ToEndAsync(IReadOnlyList<string> command, string folder, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        var lines = new Queue<string>();
        try
        {
            using var process = Process.Start(info)!;
            process.StandardInput.Close();
            await using var registration = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
            await Task.WhenAll(ReadAsync(process.StandardOutput, lines), ReadAsync(process.StandardError, lines));
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return new ToolRun(process.ExitCode, [.. lines]);
        }
        catch (Win32Exception exception)
        {
            return new ToolRun(Launcher.ExecApp.CannotExecute, [exception.Message]);
        }
    }

    public string Explain(string what) => $"{what} (exit code {ExitCode}):\n    {string.Join("\n    ", LastLines)}";

    private static async Task ReadAsync(StreamReader reader, Queue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (lines)
            {
                lines.Enqueue(line);
                if (lines.Count > Kept)
                {
                    lines.Dequeue();
                }
            }
        }
    }
}
