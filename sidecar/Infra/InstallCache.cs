namespace Sidecar.Infra;

/// <summary>Where this program keeps, for one user, what it had to fetch.</summary>
internal static class InstallCache
{
    public static string Folder { get; } = Path.Combine(Base(), typeof(InstallCache).Assembly.GetName().Name!, "infra");

    private static string Base() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } cache && Path.IsPathRooted(cache)
        ? cache
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
}
