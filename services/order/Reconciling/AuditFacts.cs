using DaprShop.Order.Operations;
using DaprShop.Order.Reading;

namespace DaprShop.Order.Reconciling;

/// <summary>Everything a comparison needs, read once.</summary>
/// <param name="ReadFrom">When the reading began, with the orders; what happened later may be in some of the records and not in others.</param>
/// <param name="Waiting">
/// Orders that lie behind the watermarks of the order logs, read after the orders: their sagas and lists are still to come. Any other has been relayed
/// before the lists were read.
/// </param>
/// <param name="Lists">By user, whatever his list of orders has.</param>
internal sealed record AuditFacts(
    AuditEvidence Evidence, DateTimeOffset ReadFrom, IReadOnlySet<string> Waiting, IReadOnlyDictionary<string, IReadOnlyList<UserOrder>> Lists);
