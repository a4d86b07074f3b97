using Sidecar.Cli;

namespace Sidecar.Infra;

/// <summary><c>infra up</c> and <c>infra install</c>: everything that is wrong is said before anything is started.</summary>
internal sealed class InfraUp(IReadOnlyList<ServerLife> lives, InfraFlags flags, InfraOutput output)
{
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        var toStart = new List<ServerLife>();
        foreach (var life in lives)
        {
            if ((await InfraStatus.ProblemsAsync(life, stopping)).Count > 0)
            {
                toStart.Add(life);
            }
        }

        InfraProblem[] problems = [.. OtherSettings(), .. TakenPorts(toStart), .. Obstacles(WantedBy(toStart))];
        if (problems.Length > 0)
        {
            return output.Refuse(ExitCode.NotReady, problems);
        }

        if (await InstallAsync(WantedBy(toStart), stopping) is { } problem)
        {
            return output.Refuse(ExitCode.NotReady, [problem]);
        }

        return await StartAsync(toStart, stopping);
    }

    public async Task<int> InstallAsync(CancellationToken stopping)
    {
        (string Name, IReadOnlyList<Requirement> Requirements)[] wanted =
            [.. WantedBy(lives), .. flags.Tools.Select(tool => (tool.Name, tool.Requirements))];
        InfraProblem[] problems = [.. Obstacles(wanted)];
        if (problems.Length == 0 && await InstallAsync(wanted, stopping) is { } problem)
        {
            problems = [problem];
        }

        if (problems.Length > 0)
        {
            return output.Refuse(ExitCode.NotReady, problems);
        }

        output.Step($"installed: {string.Join(", ", wanted.Select(each => each.Name))}");
        return ExitCode.Success;
    }

    private async Task<int> StartAsync(List<ServerLife> toStart, CancellationToken stopping)
    {
        var started = new Stack<ServerLife>();
        try
        {
            foreach (var life in lives)
            {
                var starts = toStart.Contains(life);
                if (starts && await StartAsync(life, stopping) is { } failure)
                {
                    await StopAsync(started);
                    return output.Refuse(ExitCode.StartFailed, [failure]);
                }

                if (starts)
                {
                    started.Push(life);
                }

                output.Report(InfraReport.Of(life, InfraReport.Running, changed: starts));
            }
        }
        catch (OperationCanceledException)
        {
            await StopAsync(started);
            throw;
        }

        return ExitCode.Success;
    }

    private async Task<InfraProblem?> StartAsync(ServerLife life, CancellationToken stopping)
    {
        // The package of a server that was just installed may have started a service of its own.
        var port = life.Running?.Port ?? flags.PortOf(life.Server);
        if (life.PortProblem(port) is { } taken)
        {
            return new InfraProblem(life.Server.Name, taken);
        }

        output.Step($"starting {life.Server.Name}");
        return await life.StartAsync(port, flags.Durable, stopping) is { } failure ? new InfraProblem(life.Server.Name, failure) : null;
    }

    private static async Task StopAsync(IEnumerable<ServerLife> started)
    {
        foreach (var life in started)
        {
            await life.StopAsync();
        }
    }

    private async Task<InfraProblem?> InstallAsync((string Name, IReadOnlyList<Requirement> Requirements)[] wanted, CancellationToken stopping)
    {
        var problem = await Missing(wanted).RunAsync(output.Step, stopping);
        return problem is null ? null : new InfraProblem(wanted[^1].Name, problem);
    }

    /// <summary>A server that runs is left as it is, so it must be as it was asked for.</summary>
    private IEnumerable<InfraProblem> OtherSettings()
    {
        foreach (var life in lives)
        {
            if (life.Running is not { } record)
            {
                continue;
            }

            if (flags.AskedPortOf(life.Server) is { } asked && asked != record.Port)
            {
                yield return new InfraProblem(life.Server.Name, $"{life.Server.Name} already runs on port {record.Port}; take it down first to move it to {asked}");
            }

            if (life.Server is RedisServer && flags.Durable && !record.Durable)
            {
                yield return new InfraProblem(life.Server.Name, $"{life.Server.Name} already runs without --durable; take it down first");
            }
        }
    }

    private IEnumerable<InfraProblem> TakenPorts(IEnumerable<ServerLife> toStart) =>
        from life in toStart
        let problem = life.PortProblem(flags.PortOf(life.Server))
        where problem is not null
        select new InfraProblem(life.Server.Name, problem);

    private static (string Name, IReadOnlyList<Requirement> Requirements)[] WantedBy(IEnumerable<ServerLife> lives) =>
        [.. lives.Select(life => (life.Server.Name, life.Server.Requirements))];

    private static IEnumerable<InfraProblem> Obstacles((string Name, IReadOnlyList<Requirement> Requirements)[] wanted)
    {
        if (Missing(wanted).Obstacle() is { } obstacle)
        {
            yield return new InfraProblem(wanted[^1].Name, obstacle);
        }
    }

    private static Installation Missing((string Name, IReadOnlyList<Requirement> Requirements)[] wanted) => new(
        [.. wanted.SelectMany(each => each.Requirements).Where(requirement => !requirement.IsInstalled())],
        Environment.IsPrivilegedProcess,
        ProgramSearch.Find);
}
