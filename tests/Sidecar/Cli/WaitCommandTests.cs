using DaprShop.Tests.Wire;
using Sidecar.Cli;

namespace DaprShop.Tests.Cli;

public sealed class WaitCommandTests
{
    [Fact]
    public async Task Wait_ForASidecarWhoseAppIsNotThere_EndsWell()
    {
        await using var sidecar = await RunningSidecar.StartAsync(new SidecarSetup { WaitUntilReady = false });

        Assert.Equal(ExitCode.Success, await WaitCommand.RunAsync(sidecar.Host.Options.HttpPort, TimeProvider.System));
    }
}
