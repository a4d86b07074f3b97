using Sidecar.Cli;

namespace Sidecar.Infra;

/// <summary><c>infra down</c>: brokers first, and Redis only when no broker is left that came with it.</summary>
internal static class InfraDown
{
    public static async Task<int> RunAsync(IReadOnlyList<ServerLife> lives, string infraFolder, bool purge, InfraOutput output)
    {
        foreach (var life in lives.Reverse())
        {
            if (life.Server is RedisServer && lives.Count > 1 && StillServed(lives, infraFolder) is { } broker)
            {
                output.Step($"redis stays: {broker} runs");
                continue;
            }

            var stopped = await life.StopAsync();
            if (purge)
            {
                life.Purge();
            }

            output.Report(InfraReport.Of(life, InfraReport.Stopped, changed: stopped));
        }

        return ExitCode.Success;
    }

    /// <summary>Removes the folders that a purge left empty but for the lock of this command.</summary>
    public static void RemoveEmpty(string infraFolder, string lockFile)
    {
        if (Directory.EnumerateFileSystemEntries(infraFolder).Any(entry => entry != lockFile))
        {
            return;
        }

        Directory.Delete(infraFolder, recursive: true);
        var parent = Path.GetDirectoryName(infraFolder)!;
        if (!Directory.EnumerateFileSystemEntries(parent).Any())
        {
            Directory.Delete(parent);
        }
    }

    private static string? StillServed(IReadOnlyList<ServerLife> lives, string infraFolder) =>
        InfraServer.All
            .Where(server => server.ComesWithRedis && !lives.Any(life => life.Server == server))
            .FirstOrDefault(server => new ServerLife(server, infraFolder, TimeProvider.System).Running is not null)?.Name;
}
