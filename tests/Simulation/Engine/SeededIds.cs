using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Tests.Simulation.Engine;

internal sealed class SeededIds(Chance chance) : IdSource
{
    public override Guid NewGuid() => chance.Guid();
}
