using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.Servers;

/// <summary>One RabbitMQ for a class of tests that kill it, hang it or change its limits.</summary>
public sealed class SharedRabbitMq : IAsyncLifetime
{
    internal RabbitMqServer RabbitMq { get; private set; } = null!;

    internal BrokerServer Server => new(
        RabbitMq.Port, KillAsync, RabbitMq.StartAgainAsync, RabbitMq.PauseAsync, RabbitMq.ResumeAsync);

    public async Task InitializeAsync() => RabbitMq = await RabbitMqServer.StartAsync();

    public async Task DisposeAsync() => await RabbitMq.DisposeAsync();

    /// <summary>
    /// Not within the first half second of a quorum queue: the broker notes the names of new ones with a delay, and one that
    /// it forgot has no leader after the restart, for ever. Tests kill sooner than a crash would find a queue so young.
    /// </summary>
    internal async Task KillAsync()
    {
        await RabbitMq.ControlAsync("eval", "[dets:sync(Table) || Table <- dets:all()].");
        await RabbitMq.KillAsync();
    }
}
