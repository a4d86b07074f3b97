using System.Globalization;

namespace Sidecar.Launcher;

/// <summary>The rows that change in place on a terminal while things start.</summary>
internal sealed class StartProgress(LaunchConsole console, TimeProvider clock)
{
    private static readonly string[] Frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

    private readonly long _started = clock.GetTimestamp();

    public IReadOnlyList<string> Building(SolutionBuild build) =>
        [Fit(string.Create(CultureInfo.InvariantCulture, $"{Spinner} building   {build.ProjectsBuilt} projects done   {build.Current}   {build.Elapsed.TotalSeconds:0.0} s"))];

    public IReadOnlyList<string> Starting(IReadOnlyList<LaunchedApp> apps)
    {
        var width = apps.Select(app => app.Plan.AppId.Length).DefaultIfEmpty().Max();
        return [.. apps.Select(app => Row(app, width))];
    }

    private string Spinner => Frames[(int)(clock.GetElapsedTime(_started).TotalMilliseconds / 100) % Frames.Length];

    private string Row(LaunchedApp app, int width)
    {
        var (word, colour) = ReadyBlock.StateWord(app.State);
        var mark = app.State switch
        {
            AppState.Ready or AppState.SidecarOnly => "✅",
            AppState.Failed => "❌",
            _ => $"{Spinner} ",
        };
        return string.Create(
            CultureInfo.InvariantCulture, $"{mark} {app.Plan.AppId.PadRight(width)}  {console.Paint(word.PadRight(12), colour)}  {app.Elapsed.TotalSeconds,5:0.0} s");
    }

    /// <summary>A row that wraps could not be erased.</summary>
    private static string Fit(string row)
    {
        var width = Console.WindowWidth;
        return width > 1 && row.Length >= width ? row[..(width - 1)] : row;
    }
}
