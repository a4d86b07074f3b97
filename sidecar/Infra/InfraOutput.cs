using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <param name="Server">Whom it is about.</param>
internal sealed record InfraProblem(string Server, string Reason);

/// <summary>Sentences for people, and with --json one object per server for programs.</summary>
internal sealed class InfraOutput(LaunchConsole console, TextWriter? json)
{
    public void Step(string text) => console.Info(text);

    public void Report(InfraReport report)
    {
        if (report.State == InfraReport.Running)
        {
            console.Success(report.ToLine());
        }
        else
        {
            console.Info(report.ToLine());
        }

        Write(report);
    }

    public int Refuse(int exitCode, IReadOnlyList<InfraProblem> problems)
    {
        foreach (var problem in problems)
        {
            console.Error(problem.Reason);
        }

        foreach (var about in problems.GroupBy(problem => problem.Server))
        {
            Write(new InfraReport(about.Key, InfraReport.Failed) { Reasons = [.. about.Select(problem => problem.Reason)] });
        }

        return exitCode;
    }

    private void Write(InfraReport report)
    {
        json?.WriteLine(report.ToJson());
        json?.Flush();
    }
}
