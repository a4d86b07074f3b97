namespace Sidecar.Launcher;

/// <summary>Why an app or its sidecar did not start.</summary>
internal sealed record AppFailure(string AppId, string Reason, IReadOnlyList<string> LastLines, string? LogFile);

/// <summary>Who failed, why, what it said last, and where the rest stands.</summary>
internal static class FailureReport
{
    public static void Write(IReadOnlyList<AppFailure> failures, LaunchConsole console, JsonEvents events)
    {
        foreach (var failure in failures)
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
            events.Failed(failures.Select(failure => $"{failure.AppId} {failure.Reason}"), failures.Select(failure => failure.AppId));
        }
    }
}
