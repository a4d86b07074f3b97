using Sidecar.Cli;

namespace Sidecar.Launcher;

/// <summary>What the command line of <c>run</c> says. Paths are absolute.</summary>
internal sealed record RunFlags
{
    public static readonly FlagSet Table = new(
        new Flag("run-file", FlagKind.Text, "dapr.yaml, its folder, or - for standard input (default ./dapr.yaml)") { Short = "f" },
        new Flag("resources-path", FlagKind.List, "resource folders for every app, in place of those of the file"),
        new Flag("data-dir", FlagKind.Text, "where embedded stores keep their files (default .dapr/data beside dapr.yaml)"),
        new Flag("no-build", FlagKind.Switch, "start what was built before"),
        new Flag("restart", FlagKind.Switch, "start an app again that ends by itself"),
        new Flag("json", FlagKind.Switch, "events as JSON lines on standard output, progress on standard error"),
        new Flag("no-receiver", FlagKind.Switch, "take no traces and logs in; without it they are shown at http://localhost:4318"),
        new Flag("log-level", FlagKind.Text, "of the sidecars: debug, info, warn, error, fatal") { Choices = ["debug", "info", "warn", "error", "fatal"] },
        new Flag("help", FlagKind.Switch, "print this") { Short = "h" });

    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    public string? DataDirectory { get; init; }

    public bool NoBuild { get; init; }

    public bool Restart { get; init; }

    public bool Json { get; init; }

    public bool NoReceiver { get; init; }

    public string? LogLevel { get; init; }

    public static RunFlags Of(ParsedFlags flags) => new()
    {
        ResourcesPaths = [.. flags.List("resources-path").Select(Path.GetFullPath)],
        DataDirectory = flags.Text("data-dir") is { } directory ? Path.GetFullPath(directory) : null,
        NoBuild = flags.Switch("no-build") ?? false,
        Restart = flags.Switch("restart") ?? false,
        Json = flags.Switch("json") ?? false,
        NoReceiver = flags.Switch("no-receiver") ?? false,
        LogLevel = flags.Text("log-level"),
    };
}
