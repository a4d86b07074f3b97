using System.Globalization;
using Sidecar.Cli;

namespace Sidecar.Launcher;

/// <summary>The one block that says that everything is up, and what to do next.</summary>
internal static class ReadyBlock
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static IEnumerable<string> Lines(LaunchPlan plan, IReadOnlyList<LaunchedApp> apps, TimeSpan elapsed, LaunchConsole console)
    {
        var template = plan.Template;
        yield return "";
        yield return console.Paint(
            string.Create(Plain, $"{template.Name} is ready: {apps.Count} {(apps.Count == 1 ? "app" : "apps")} in {elapsed.TotalSeconds:0.0} s"), 1)
            + $"   ({ProductVersion.Line})";
        yield return "";
        foreach (var row in Table(apps, console))
        {
            yield return row;
        }

        yield return "";
        foreach (var line in template.Embedded.Ready)
        {
            yield return $"  {line}";
        }

        if (template.Embedded.Ready.Count > 0)
        {
            yield return "";
        }

        yield return $"  stack  {string.Join(", ", plan.Stack.Select(Short).DefaultIfEmpty("no resources"))}";
        yield return $"  data   {Short(plan.DataDirectory)}";
        yield return $"  logs   {LogsFolder(apps)}";
        if (plan.Receiver is { } receiver)
        {
            yield return $"  traces http://localhost:{receiver.Port}   or: {OwnCommand.Text} trace <trace id or workflow instance id>{FileFlag(template)}";
        }

        if (apps.FirstOrDefault(app => app.Plan.HasCommand) is { } first)
        {
            yield return $"  next   {OwnCommand.Text} logs {first.Plan.AppId}{FileFlag(template)} --follow";
            yield return $"         {OwnCommand.Text} list{FileFlag(template)}";
        }

        yield return template.File is { } file
            ? $"  stop   Ctrl+C here, or: {OwnCommand.Text} stop -f {Short(file)}"
            : "  stop   Ctrl+C";
        yield return "";
    }

    /// <summary>One row per app, under aligned headings.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<LaunchedApp> apps, LaunchConsole console)
    {
        var width = Math.Max(3, apps.Select(app => app.Plan.AppId.Length).DefaultIfEmpty().Max());
        yield return console.Paint($"  {"app".PadRight(width)}  {"state",-12}  {"url",-24}  {"sidecar http",-12}  {"grpc",-6}  pid", 2);
        foreach (var app in apps)
        {
            var (word, code) = StateWord(app.State);
            yield return $"  {app.Plan.AppId.PadRight(width)}  {console.Paint(word.PadRight(12), code)}  {app.Plan.Url ?? "-",-24}  "
                + $"{app.Plan.Sidecar.HttpPort,-12}  {app.Plan.Sidecar.GrpcPort,-6}  {app.Process?.Pid.ToString(Plain) ?? "-"}";
        }
    }

    public static (string Word, int Colour) StateWord(AppState state) => state switch
    {
        AppState.Ready => ("ready", 32),
        AppState.Failed => ("failed", 31),
        AppState.Exited => ("ended", 33),
        AppState.SidecarOnly => ("sidecar only", 36),
        AppState.Starting => ("starting", 33),
        _ => ("waiting", 2),
    };

    /// <summary>As somebody in this folder would write it.</summary>
    public static string Short(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private static string LogsFolder(IReadOnlyList<LaunchedApp> apps)
    {
        var folders = apps.Select(app => app.Plan.Template.Directory).Distinct(StringComparer.Ordinal).ToList();
        var parents = folders.Select(Path.GetDirectoryName).Distinct(StringComparer.Ordinal).ToList();
        return folders.Count > 1 && parents is [{ } parent]
            ? Short(Path.Combine(parent, "<app>", ".dapr", "logs"))
            : string.Join(", ", folders.Select(folder => Short(Path.Combine(folder, ".dapr", "logs"))));
    }

    private static string FileFlag(RunTemplate template) =>
        template.File is { } file && Path.Combine(Environment.CurrentDirectory, RunFile.DefaultName) != file ? $" -f {Short(file)}" : "";
}
