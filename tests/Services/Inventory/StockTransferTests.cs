using DaprShop.Contracts.Inventory;
using DaprShop.Inventory.Stock;
using DaprShop.Order.Orders;
using DaprShop.Tests.Services.Order;

namespace DaprShop.Tests.Services.Inventory;

/// <summary>Units between buckets, decided by ledgers alone: no order of the three swaps, and no repeat of any, makes or loses one.</summary>
public sealed class StockTransferTests
{
    private static readonly DateTimeOffset Now = SampleOrders.Now;
    private static readonly BucketId Receiver = new("SKU-1001", 0);
    private static readonly BucketId Donor = new("SKU-1001", 1);

    [Fact]
    public void Pull_EachSwapTwice_MovesUnitsOnce()
    {
        var (receiver, donor) = (With(1), With(10));

        var pull = Decide(receiver, StockDecisions.StartPull(receiver, Donor, 4, Now))!;
        Assert.Equal(pull, Decide(receiver, StockDecisions.StartPull(receiver, Donor, 7, Now)));
        Assert.Equal(4, Decide(donor, StockDecisions.Send(donor, Receiver, pull, Now)));
        Assert.Equal(4, Decide(donor, StockDecisions.Send(donor, Receiver, pull, Now)));
        Assert.Equal(4, Decide(receiver, StockDecisions.Receive(receiver, pull, 4, fromSku: false, Now)));
        Assert.Equal(0, Decide(receiver, StockDecisions.Receive(receiver, pull, 4, fromSku: false, Now)));

        Assert.Equal((5L, 6L), (receiver.Available, donor.Available));
        Assert.Equal((4L, 4L, null), (receiver.Received, donor.Sent, receiver.Pull));
    }

    [Fact]
    public void Send_DonorWasEmpty_TheSameNumberStaysUnanswerableLater()
    {
        var (receiver, donor) = (With(0), With(0));
        var pull = Decide(receiver, StockDecisions.StartPull(receiver, Donor, 4, Now))!;
        Assert.Equal(0, Decide(donor, StockDecisions.Send(donor, Receiver, pull, Now)));
        Decide(receiver, StockDecisions.Receive(receiver, pull, 0, fromSku: false, Now));
        donor.Apply(new UnitsRestocked("r-1", 9, Now));

        var late = Decide(donor, StockDecisions.Send(donor, Receiver, pull, Now));

        Assert.Equal((0L, 9L), (late, donor.Available));
    }

    [Fact]
    public void Send_ReceiverHasGoneOn_SendsNothing()
    {
        var (receiver, donor) = (With(0), With(10));
        var first = Decide(receiver, StockDecisions.StartPull(receiver, Donor, 1, Now))!;
        Decide(receiver, StockDecisions.Receive(receiver, first, Decide(donor, StockDecisions.Send(donor, Receiver, first, Now))!.Value, false, Now));
        var second = Decide(receiver, StockDecisions.StartPull(receiver, Donor, 1, Now))!;
        Decide(donor, StockDecisions.Send(donor, Receiver, second, Now));

        Assert.Null(Decide(donor, StockDecisions.Send(donor, Receiver, first, Now)));
        Assert.Equal(8, donor.Available);
    }

    [Fact]
    public void AnyOrderOfSwapsAndRepeats_ConservesUnits()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var ids = Enumerable.Range(0, 3).Select(number => new BucketId("SKU-1001", number)).ToArray();
        var buckets = ids.ToDictionary(id => id, _ => With(20));
        var pulls = new List<(BucketId Receiver, UnitPull Pull)>();
        for (var step = 0; step < 5000; step++)
        {
            var (id, other) = (ids[random.Next(3)], ids[random.Next(3)]);
            var (stock, order) = (buckets[id], $"o-{random.Next(40)}-{id.Number}");
            switch (random.Next(5))
            {
                case 0 when id != other:
                    if (Decide(stock, StockDecisions.StartPull(stock, other, random.Next(8), Now)) is { } pull)
                    {
                        pulls.Add((id, pull));
                    }

                    break;
                case 1 or 2 when pulls.Count > 0:
                    // Any pull there ever was, as a replica that was paused may come back to it.
                    var (receiver, asked) = pulls[random.Next(10) == 0 ? random.Next(pulls.Count) : ^1];
                    var donor = buckets[BucketId.Parse(asked.Donor)];
                    if (Decide(donor, StockDecisions.Send(donor, receiver, asked, Now)) is { } sent && random.Next(2) == 0)
                    {
                        Decide(buckets[receiver], StockDecisions.Receive(buckets[receiver], asked, sent, fromSku: false, Now));
                    }

                    break;
                case 3:
                    Decide(stock, StockDecisions.Reserve(stock, new Reserve(order, "SKU-1001", 2, SampleOrders.One(order).Encode()), sale: null, Now));
                    break;
                default:
                    Decide(stock, StockDecisions.Release(stock, order, Now));
                    break;
            }

            var survey = new StockSurvey([.. ids.Select(bucket => (bucket, buckets[bucket].ToDocument("SKU-1001", 0, Now, [], -1)))]);
            var units = survey.Buckets.Sum(bucket => bucket.Document.Available + bucket.Document.Reserved) + ids.Sum(survey.UnderWayTo);
            Assert.True(units == 60 && survey.Buckets.All(bucket => bucket.Document.Available >= 0), $"seed {seed}, step {step}: {units} units");
        }
    }

    private static StockLedger With(long units)
    {
        var ledger = new StockLedger("test");
        ledger.Apply(new StockCreated(units, Now));
        return ledger;
    }

    private static TResult Decide<TResult>(StockLedger ledger, Decision<TResult> decision)
    {
        if (decision.Entry is { } entry)
        {
            ledger.Apply(entry);
        }

        return decision.Result;
    }
}
