using System.Globalization;
using DaprShop.TestKit;

namespace DaprShop.Reliability.Faults;

/// <summary>
/// The wall clocks of single services: libfaketime is loaded into their processes and reads a file at every look at the clock. Monotonic time, and so
/// every duration measured by it, stays true.
/// </summary>
internal sealed class Clocks : IDisposable
{
    private const string True = "+0";

    private readonly string _folder = Directory.CreateTempSubdirectory("daprshop-clocks-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly string _library;

    private Clocks(string library, IReadOnlyList<string> apps)
    {
        (_library, Apps) = (library, apps);
        foreach (var app in apps)
        {
            File.WriteAllText(FileOf(app), True);
        }
    }

    /// <summary>Whose clocks may jump.</summary>
    public IReadOnlyList<string> Apps { get; }

    /// <summary>For the processes of these apps and no other.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Env => Apps.ToDictionary(
        app => app,
        IReadOnlyDictionary<string, string> (app) => new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = _library,
            ["FAKETIME_TIMESTAMP_FILE"] = FileOf(app),
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",

            // Files keep their times, and a process that is killed leaves no shared memory behind.
            ["NO_FAKE_STAT"] = "1",
            ["FAKETIME_DISABLE_SHM"] = "1",
        });

    public static Clocks Of(IReadOnlyList<string> apps)
    {
        var library = Directory.EnumerateDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);
        return library is not null
            ? new Clocks(library, apps)
            : throw new InvalidOperationException("libfaketime is not installed; type: dotnet run --project sidecar -- infra install faketime");
    }

    /// <summary>Returns when the service itself names the other time.</summary>
    /// <param name="off">How wrong the clock is from now on.</param>
    /// <param name="address">Of the service's own port.</param>
    public async Task SetAsync(string app, TimeSpan off, string address)
    {
        // A look at the clock must not meet half a file.
        var next = FileOf(app) + ".next";
        await File.WriteAllTextAsync(next, string.Create(CultureInfo.InvariantCulture, $"{(off < TimeSpan.Zero ? '-' : '+')}{(long)off.Duration().TotalSeconds}"));
        File.Move(next, FileOf(app), overwrite: true);
        await Eventually.Get<TimeSpan?>(() => OffAsync(address), seen => (seen - off)?.Duration() < TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
    }

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<TimeSpan?> OffAsync(string address)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri($"{address}/alive"), HttpCompletionOption.ResponseHeadersRead);
            return answer.Headers.Date - TimeProvider.System.GetUtcNow();
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private string FileOf(string app) => Path.Combine(_folder, app);
}
