using System.Net;
using System.Net.Sockets;
using DaprShop.Tests.Launcher;
using Sidecar.Infra;

namespace DaprShop.Tests.Infra;

public sealed class TurnAndPortTests
{
    [Fact]
    public async Task Turn_WhileSomebodyHasIt_ComesWhenItIsGivenBack()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "inner", "lock");
        var first = await FileTurn.TakeAsync(path, TimeProvider.System, CancellationToken.None);
        var waiting = FileTurn.TakeAsync(path, TimeProvider.System, CancellationToken.None);
        Assert.False(waiting.IsCompleted);

        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        first!.Dispose();
        using var second = await waiting;

        Assert.NotNull(second);
        Assert.True(File.Exists(path), "the turn is held on a file that nobody else can find");
    }

    [Fact]
    public void InnerPort_ThatWasUsedBefore_StaysWhileItIsFree()
    {
        var port = new InnerPortChoice(seed: 5).Next(wish: null);
        using var holder = new TcpListener(IPAddress.Loopback, port);

        var again = new InnerPortChoice(seed: 99).Next(port);
        holder.Start();
        var other = new InnerPortChoice(seed: 5).Next(port);

        Assert.Equal(port, again);
        Assert.NotEqual(port, other);
        Assert.InRange(other, 30_000, 32_767);
    }
}
