using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>Why an app or its sidecar did not start.</summary>
internal sealed record AppFailure(string AppId, string Reason, IReadOnlyList<string> LastLines, string? LogFile)
{
    /// <summary>The components that its sidecar could not use; empty when something else was wrong.</summary>
    public IReadOnlyList<ConfigurationError> Components { get; init; } = [];
}

/// <summary>Who failed, why, what it said last, and where the rest stands.</summary>
internal static class FailureReport
{
    public static void Write(IReadOnlyList<AppFailure> failures, LaunchConsole console, JsonEvents events)
    {
        // The sidecars share their component files: what is wrong with one is said once for all.
        var components = ConfigurationReport.Lines(failures.SelectMany(failure => failure.Components));
        if (components.Length > 0)
        {
            console.Error(components.Length == 1 ? "a component cannot be used; no app was started" : $"{components.Length} components cannot be used; no app was started");
            foreach (var line in components)
            {
                console.Line($"  {line}");
            }
        }

        foreach (var failure in failures.Where(failure => failure.Components.Count == 0))
        {
            console.Error($"{failure.AppId} {failure.Reason}");
            foreach (var line in failure.LastLines)
            {
                console.Line($"     {line}");
            }

            if (failure.LogFile is { } file && File.Exists(file))
            {
                console.Line($"   the whole log: {ReadyBlock.Short(file)}");
            }
        }

        if (failures.Count > 0)
        {
            var reasons = failures.Where(failure => failure.Components.Count == 0).Select(failure => $"{failure.AppId} {failure.Reason}");
            events.Failed([.. components, .. reasons], failures.Select(failure => failure.AppId));
        }
    }
}
