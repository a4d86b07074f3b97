using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.Tests.Services.Order;
using FsCheck;
using FsCheck.Fluent;

namespace DaprShop.Tests.Services.Inventory;

/// <summary>Whatever is asked in whatever order: stock is never oversold, never lost, and every id is known once. FsCheck prints the seed of a failure.</summary>
public sealed class StockProperties
{
    private const int Initial = 20;
    private static readonly DateTimeOffset Now = SampleOrders.Now;

    private enum Kind
    {
        Reserve,
        Hold,
        Confirm,
        Release,
        Expire,
        Return,
        Restock,
    }

    private static Gen<Command[]> Commands => Gen.ArrayOf(
        from kind in Gen.Elements(Enum.GetValues<Kind>())
        from id in Gen.Choose(1, 8)
        from quantity in Gen.Choose(1, 7)
        select new Command(kind, $"o-{id}", quantity));

    [Fact]
    public void AnyCommands_ConserveUnitsAndNeverOversell() =>
        Check(commands =>
        {
            var stock = Run(commands);
            return stock.Initial + stock.Restocked == stock.Available + stock.Reserved + stock.Sold
                && stock is { Available: >= 0, Reserved: >= 0, Sold: >= 0 }
                && stock.Reserved == Open(stock)
                && stock.Tentative.Select(reservation => reservation.Id).Order().SequenceEqual(
                    stock.Reservations.Where(reservation => reservation.State == ReservationState.Tentative).Select(reservation => reservation.Id).Order());
        });

    [Fact]
    public void AnyCommands_RunTwiceEach_MoveUnitsOnce() =>
        Check(commands =>
        {
            var once = Run([.. commands.Where(command => command.Kind != Kind.Expire)]);
            var twice = Run([.. commands.Where(command => command.Kind != Kind.Expire).SelectMany(command => new[] { command, command })]);
            return Picture(once) == Picture(twice);
        });

    [Fact]
    public void TheLog_FoldedAgain_GivesTheSameLedger() =>
        Check(commands =>
        {
            var entries = new List<StockEntry>();
            var stock = Run(commands, entries);
            var folded = new StockLedger(stock.Name);
            for (var n = 0; n < entries.Count; n++)
            {
                folded.Apply(new StockBatch(n, [entries[n]]));
            }

            return Picture(stock) == Picture(folded);
        });

    [Fact]
    public void ABatchOnAFork_EqualsTheSameCommandsOneByOne() =>
        Check(commands =>
        {
            var fork = New().Fork();
            foreach (var command in commands)
            {
                if (Decide(fork, command) is { } entry)
                {
                    fork.Apply(entry);
                }
            }

            var same = Run(commands);
            return Picture(fork) == Picture(same)
                && fork.Tentative.Select(reservation => reservation.Id).Order().SequenceEqual(same.Tentative.Select(reservation => reservation.Id).Order());
        });

    private static void Check(Func<Command[], bool> holds) =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(Commands.ToArbitrary(), holds));

    private static StockLedger Run(Command[] commands, List<StockEntry>? log = null)
    {
        var stock = New(log);
        foreach (var command in commands)
        {
            if (Decide(stock, command) is { } entry)
            {
                stock.Apply(entry);
                log?.Add(entry);
            }
        }

        return stock;
    }

    private static StockLedger New(List<StockEntry>? log = null)
    {
        var stock = new StockLedger("SKU-1001");
        var created = new StockCreated(Initial, Now);
        stock.Apply(created);
        log?.Add(created);
        return stock;
    }

    // One key is one body: the quantity of a reservation follows from its id.
    private static StockEntry? Decide(StockLedger stock, Command command) => command.Kind switch
    {
        Kind.Reserve => StockDecisions.Reserve(
            stock,
            new Reserve(command.Id, "SKU-1001", Quantity(command.Id), SampleOrders.One(command.Id, quantity: Quantity(command.Id)).Encode()),
            sale: null,
            Now).Entry,
        Kind.Hold => StockDecisions.Hold(stock, command.Id, Now).Entry,
        Kind.Return => StockDecisions.Return(stock, command.Id, Now).Entry,
        Kind.Confirm => StockDecisions.Confirm(stock, command.Id, Now).Entry,
        Kind.Release => StockDecisions.Release(stock, command.Id, Now).Entry,
        Kind.Expire => stock.Find(command.Id) is { } found ? StockDecisions.Expire(stock, found, Now).Entry : null,
        _ => StockDecisions.Restock(stock, $"{command.Id}:{command.Quantity}", command.Quantity, Now).Entry,
    };

    private static int Quantity(string id) => 1 + (id[^1] % 7);

    private static long Open(StockLedger stock) => stock.Reservations
        .Where(reservation => reservation.State is ReservationState.Tentative or ReservationState.Held)
        .Sum(reservation => (long)reservation.Quantity);

    private static string Picture(StockLedger stock) => string.Join(
        ';',
        [
            $"{stock.Initial}/{stock.Restocked}/{stock.Available}/{stock.Reserved}/{stock.Sold}",
            .. stock.Reservations.OrderBy(reservation => reservation.Id, StringComparer.Ordinal)
                .Select(reservation => $"{reservation.Id}:{reservation.State}:{reservation.Quantity}"),
        ]);

    private sealed record Command(Kind Kind, string Id, int Quantity);
}
