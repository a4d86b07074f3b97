using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace DaprShop.Tests.Manifests.Containers;

/// <summary>What <c>docker load</c> would read of a file that <c>PublishContainer</c> wrote.</summary>
/// <param name="Tag">Name and tag.</param>
/// <param name="Run">How it is run: the member <c>config</c> of the image's configuration.</param>
/// <param name="Files">The files of all layers: path, and the bits of its mode.</param>
internal sealed record ImageArchive(string Tag, JsonElement Run, IReadOnlyDictionary<string, UnixFileMode> Files)
{
    public static ImageArchive Read(string path)
    {
        using var tar = File.OpenRead(path);
        var entries = Entries(tar).ToDictionary(entry => entry.Name, entry => entry.Content);
        var manifest = JsonDocument.Parse(entries["manifest.json"]).RootElement[0];
        var layers = manifest.GetProperty("Layers").EnumerateArray().SelectMany(layer => Entries(Unpacked(entries[layer.GetString()!])));
        return new ImageArchive(
            manifest.GetProperty("RepoTags")[0].GetString()!,
            JsonDocument.Parse(entries[manifest.GetProperty("Config").GetString()!]).RootElement.GetProperty("config"),
            layers.ToDictionary(file => "/" + file.Name.TrimStart('.', '/'), file => file.Mode));
    }

    private static GZipStream Unpacked(byte[] layer) => new(new MemoryStream(layer), CompressionMode.Decompress);

    private static IEnumerable<(string Name, byte[] Content, UnixFileMode Mode)> Entries(Stream tar)
    {
        using var reader = new TarReader(tar);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                yield return (entry.Name, content.ToArray(), entry.Mode);
            }
        }
    }
}
