using DaprShop.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;
using Sidecar.Reload;

namespace DaprShop.Tests.Reload;

public sealed class FolderWatchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("watch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Changes_OfYamlFiles_AreTold()
    {
        await using var shared = new SharedClients();
        using var watch = new FolderWatch([_folder, _folder], shared, NullLogger.Instance);
        using var ofAnother = new FolderWatch([_folder], shared, NullLogger.Instance);
        var file = Path.Combine(_folder, "a.yaml");

        await File.WriteAllTextAsync(file, "a");
        await Eventually.True(() => watch.Changes.TryRead(out _));
        await Eventually.True(() => ofAnother.Changes.TryRead(out _));

        File.Move(file, Path.Combine(_folder, "b.yml"));
        await Eventually.True(() => watch.Changes.TryRead(out _));
    }

    [Fact]
    public async Task Folder_ThatIsNotThere_IsLeftToTheRescan()
    {
        await using var shared = new SharedClients();
        using var watch = new FolderWatch([Path.Combine(_folder, "none")], shared, NullLogger.Instance);

        Assert.False(watch.Changes.TryRead(out _));
    }
}
