using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sidecar.Launcher;

/// <summary>Builds what dapr.yaml's <c>x-embedded.build</c> names, once, and tells how far it is.</summary>
internal sealed partial class SolutionBuild(string target, TimeProvider clock)
{
    // `dotnet run` leaves these behind for its child; a build that inherits them may load the wrong SDK's tasks.
    private static readonly string[] ForeignVariables = ["MSBUILD_EXE_PATH", "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBuildLoadMicrosoftTargetsReadOnly"];

    private readonly long _started = clock.GetTimestamp();
    private readonly List<string> _errors = [];
    private readonly Queue<string> _last = new();

    public int ProjectsBuilt { get; private set; }

    public string Current { get; private set; } = "restoring packages";

    public TimeSpan Elapsed => clock.GetElapsedTime(_started);

    /// <summary>Empty when it succeeded, else the compiler's errors, or the last lines where there are none.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(Action<string> step, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(
            ProcessStarter.DotnetHost() ?? "dotnet",
            ["build", target, "-nologo", "-v:minimal", "-tl:off", "-nodeReuse:false", "-clp:NoSummary"])
        {
            WorkingDirectory = Path.GetDirectoryName(target),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in ForeignVariables)
        {
            info.Environment.Remove(name);
        }

        try
        {
            using var process = Process.Start(info)!;
            process.StandardInput.Close();
            await using var registration = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
            await Task.WhenAll(ReadAsync(process.StandardOutput, step), ReadAsync(process.StandardError, step));
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? [] : _errors.Count > 0 ? [.. _errors.Distinct()] : [.. _last];
        }
        catch (Win32Exception exception)
        {
            return [$"cannot run {info.FileName}: {exception.Message}"];
        }
    }

    /// <summary>The project of a line such as <c>  order -&gt; /shop/artifacts/bin/order/debug/Order.dll</c>; null for other lines.</summary>
    internal static string? ProjectBuilt(string line) => BuiltLine().Match(line) is { Success: true } match ? match.Groups[1].Value : null;

    internal static bool IsError(string line) => ErrorLine().IsMatch(line);

    private async Task ReadAsync(StreamReader reader, Action<string> step)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_errors)
            {
                Take(line, step);
            }
        }
    }

    private void Take(string line, Action<string> step)
    {
        _last.Enqueue(line);
        if (_last.Count > 15)
        {
            _last.Dequeue();
        }

        if (IsError(line))
        {
            _errors.Add(line.Trim());
        }
        else if (ProjectBuilt(line) is { } project)
        {
            ProjectsBuilt++;
            Current = project;
            step(project);
        }
    }

    [GeneratedRegex(@"^\s+(\S+) -> .+$")]
    private static partial Regex BuiltLine();

    [GeneratedRegex(@"(^|\s|: )error( [A-Z]+\d+)?\s*:")]
    private static partial Regex ErrorLine();
}
