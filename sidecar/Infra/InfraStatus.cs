using Sidecar.Cli;

namespace Sidecar.Infra;

/// <summary><c>infra status</c>: asks, and changes nothing.</summary>
internal static class InfraStatus
{
    public static async Task<int> RunAsync(IReadOnlyList<ServerLife> lives, InfraOutput output, CancellationToken stopping)
    {
        foreach (var life in lives)
        {
            var problems = life.Running is null ? [] : await ProblemsAsync(life, stopping);
            output.Report(InfraReport.Of(life, StateOf(life, problems)) with { Reasons = problems.Count > 0 ? problems : null });
        }

        return ExitCode.Success;
    }

    /// <summary>What is wrong with a server whose process is alive.</summary>
    public static async Task<IReadOnlyList<string>> ProblemsAsync(ServerLife life, CancellationToken stopping)
    {
        if (life.Running is not { } record)
        {
            return ["it has ended"];
        }

        string[] dead = [.. record.Dead.Select(part => $"its {part.Role} has ended")];
        return dead.Length > 0 || await life.AnswersAsync(record, stopping) ? dead : ["it does not answer"];
    }

    private static string StateOf(ServerLife life, IReadOnlyList<string> problems) =>
        life.Running is not null ? problems.Count == 0 ? InfraReport.Running : InfraReport.NotAnswering
        : life.Server.Requirements.All(requirement => requirement.IsInstalled()) ? InfraReport.Stopped
        : InfraReport.NotInstalled;
}
