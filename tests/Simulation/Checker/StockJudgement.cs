using System.Text.Json;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;
using DaprShop.Tests.Simulation.Load;

namespace DaprShop.Tests.Simulation.Checker;

/// <summary>
/// Stock, from the bytes of its documents and logs: folded anew, held against the counters, against the orders, and against what was ever put
/// in.
/// </summary>
internal sealed class StockJudgement
{
    private readonly IReadOnlyDictionary<string, byte[]> _documents;
    private readonly List<string> _violations = [];
    private readonly Dictionary<(string Pool, string Id), (long Quantity, string State)> _reservations = [];

    public StockJudgement(
        IReadOnlyDictionary<string, byte[]> documents, Plan plan, IReadOnlyDictionary<string, OrderContent> orders, IReadOnlyDictionary<string, OrderState> states)
    {
        _documents = documents;
        foreach (var stock in plan.Stock)
        {
            var restocked = plan.Restocks.Where(restock => restock.Sku == stock.Sku).Sum(restock => restock.Quantity);
            JudgeSku(stock, plan.Sale?.Sku == stock.Sku ? plan.Sale : null, restocked);
        }

        JudgeReservations(orders, states);
    }

    public IReadOnlyList<string> Violations => _violations;

    private void Require(bool holds, string rule)
    {
        if (!holds)
        {
            _violations.Add(rule);
        }
    }

    /// <param name="sale">Draws its units from this SKU, and gives back what is left; null: there is none.</param>
    private void JudgeSku(PlannedStock stock, PlannedSale? sale, long restocked)
    {
        var fold = new Fold();
        for (var bucket = 0; bucket < stock.Buckets; bucket++)
        {
            Judge($"stock/{stock.Sku}/{bucket}", Share(stock, bucket), fold);
        }

        Require(fold.Initial == stock.Initial, $"{stock.Sku} began with {fold.Initial}, not {stock.Initial}");
        var ofSale = new Fold();
        for (var bucket = 0; bucket < sale?.Buckets; bucket++)
        {
            Judge($"stock/sale:{sale.Id}/{bucket}", 0, ofSale);
        }

        Require(ofSale.Initial == 0 && ofSale.Restocked == 0, $"the sale of {stock.Sku} has units of its own");
        Require(ofSale.Available == 0, $"the sale of {stock.Sku} is over and keeps {ofSale.Available} units");
        Require(ofSale.Sold <= (sale?.Quantity ?? 0), $"the sale of {stock.Sku} sold {ofSale.Sold}");
        fold.Add(ofSale);
        Require(fold.Restocked == restocked, $"{stock.Sku} was restocked by {fold.Restocked}, not {restocked}");
        Require(
            fold.Received + fold.UnderWay == fold.Sent,
            $"{stock.Sku}: {fold.Sent} units were sent between buckets, {fold.Received} received, {fold.UnderWay} are under way");
        Require(fold.Reserved == 0, $"{stock.Sku}: {fold.Reserved} units are held by nobody");
        Require(
            stock.Initial + restocked == fold.Available + fold.UnderWay + fold.Sold,
            $"{stock.Sku}: {stock.Initial} + {restocked} units came in, {fold.Available} are there and {fold.Sold} sold");
        Require(fold.Available >= 0, $"{stock.Sku} is oversold by {-fold.Available}");
    }

    private void Judge(string name, long share, Fold sum)
    {
        if (!_documents.TryGetValue(name, out var bytes))
        {
            // Nothing ever happened to it: it has its share.
            sum.Add(new Fold { Initial = share, Available = share });
            return;
        }

        using var json = JsonDocument.Parse(bytes);
        var document = json.RootElement.GetProperty("document");
        var own = new Fold();
        own.Read(this, name, document.GetProperty("seq").GetInt64());
        own.Compare(this, name, document);
        own.UnderWay = UnderWay(name, document);
        sum.Add(own);
    }

    private static string Pool(OrderContent order, OrderLine line) => order.SaleId is { } sale ? $"sale:{sale}" : line.Sku;

    /// <summary>Units that were sent to a bucket whose pull is open: whoever looks for units next finds them there.</summary>
    private long UnderWay(string name, JsonElement document)
    {
        if (document.GetProperty("pull") is not { ValueKind: JsonValueKind.Object } pull
            || !_documents.TryGetValue($"stock/{pull.GetProperty("donor").GetString()}", out var bytes))
        {
            return 0;
        }

        using var donor = JsonDocument.Parse(bytes);
        return donor.RootElement.GetProperty("document").GetProperty("lastSent").TryGetProperty(name["stock/".Length..], out var sent)
            && sent.GetProperty("number").GetInt64() == pull.GetProperty("number").GetInt64()
                ? sent.GetProperty("units").GetInt64()
                : 0;
    }

    private static long Share(PlannedStock stock, int bucket) => (stock.Initial / stock.Buckets) + (bucket < stock.Initial % stock.Buckets ? 1 : 0);

    /// <summary>What is sold belongs to a confirmed order, line for line; what is not, to none.</summary>
    private void JudgeReservations(IReadOnlyDictionary<string, OrderContent> orders, IReadOnlyDictionary<string, OrderState> states)
    {
        foreach (var (id, order) in orders)
        {
            var status = states.GetValueOrDefault(id)?.Status;
            foreach (var line in order.Lines)
            {
                if (!_reservations.TryGetValue((Pool(order, line), line.ReservationId), out var reservation))
                {
                    _violations.Add($"order {id} has no reservation of {line.Sku}");
                    continue;
                }

                var isSettled = status switch
                {
                    OrderStatus.Confirmed => reservation.State == "confirmed",
                    OrderStatus.Refunded => reservation.State == "returned",
                    OrderStatus.Cancelled => reservation.State is "released" or "returned",
                    _ => true,
                };
                Require(isSettled, $"order {id} is {status}, its units of {line.Sku} are {reservation.State}");
                Require(reservation.Quantity == line.Quantity, $"order {id} has {line.Quantity} of {line.Sku}, reserved are {reservation.Quantity}");
            }
        }

        var known = orders.Values.SelectMany(order => order.Lines, (order, line) => (Pool(order, line), line.ReservationId)).ToHashSet();
        foreach (var (id, reservation) in _reservations.Where(reservation => !known.Contains(reservation.Key)))
        {
            Require(reservation.State == "released", $"reservation {id.Id} of {id.Pool} belongs to no order and is {reservation.State}");
        }
    }

    /// <summary>A bucket's counters, counted again from its log.</summary>
    private sealed class Fold
    {
        public long Initial { get; set; }

        public long Restocked { get; private set; }

        public long Available { get; set; }

        public long Reserved { get; private set; }

        public long UnderWay { get; set; }

        public long Sold { get; private set; }

        public long Received { get; private set; }

        public long Sent { get; private set; }

        public void Read(StockJudgement judgement, string name, long seq)
        {
            for (var n = 0L; n <= seq; n++)
            {
                if (!judgement._documents.TryGetValue($"{name}/log/{n}", out var bytes))
                {
                    judgement._violations.Add($"{name}: batch {n} of {seq} is not in the log");
                    continue;
                }

                using var batch = JsonDocument.Parse(bytes);
                foreach (var entry in batch.RootElement.GetProperty("document").GetProperty("entries").EnumerateArray())
                {
                    Apply(judgement, name, entry);
                    judgement.Require(Available >= 0 && Reserved >= 0 && Sold >= 0, $"{name}: batch {n} takes what is not there");
                }
            }
        }

        public void Compare(StockJudgement judgement, string name, JsonElement document)
        {
            foreach (var (counter, value) in new[]
            {
                ("initial", Initial), ("restocked", Restocked), ("available", Available), ("reserved", Reserved), ("sold", Sold), ("received", Received), ("sent", Sent),
            })
            {
                judgement.Require(
                    document.GetProperty(counter).GetInt64() == value, $"{name}: {counter} is {document.GetProperty(counter).GetInt64()}, by its log {value}");
            }
        }

        public void Add(Fold other)
        {
            (Initial, Restocked, Available) = (Initial + other.Initial, Restocked + other.Restocked, Available + other.Available);
            (Reserved, Sold) = (Reserved + other.Reserved, Sold + other.Sold);
            (Received, Sent, UnderWay) = (Received + other.Received, Sent + other.Sent, UnderWay + other.UnderWay);
        }

        private void Apply(StockJudgement judgement, string name, JsonElement entry)
        {
            long Number(string member) => entry.GetProperty(member).GetInt64();
            string Text(string member) => entry.GetProperty(member).GetString()!;
            switch (Text("$type"))
            {
                case "created":
                    Initial = Available = Number("quantity");
                    break;
                case "restocked":
                    (Restocked, Available) = (Restocked + Number("quantity"), Available + Number("quantity"));
                    break;
                case "reserved":
                    (Reserved, Available) = (Reserved + Number("quantity"), Available - Number("quantity"));
                    Set(judgement, name, Text("reservationId"), "tentative", Number("quantity"));
                    break;
                case "held":
                    Set(judgement, name, Text("reservationId"), "held", null);
                    break;
                case "confirmed":
                    var sold = Set(judgement, name, Text("reservationId"), "confirmed", null);
                    (Reserved, Sold) = (Reserved - sold, Sold + sold);
                    break;
                case "released":
                    var released = Set(judgement, name, Text("reservationId"), "released", null);
                    (Reserved, Available) = (Reserved - released, Available + released);
                    break;
                case "returned":
                    var returned = Set(judgement, name, Text("reservationId"), "returned", null);
                    (Sold, Available) = (Sold - returned, Available + returned);
                    break;
                case "sent":
                    (Sent, Available) = (Sent + Number("units"), Available - Number("units"));
                    break;
                case "received":
                    (Received, Available) = (Received + Number("units"), Available + Number("units"));
                    break;
            }
        }

        private static long Set(StockJudgement judgement, string name, string id, string state, long? quantity)
        {
            var key = (name.Split('/')[1], id);
            var units = quantity ?? judgement._reservations.GetValueOrDefault(key).Quantity;
            judgement._reservations[key] = (units, state);
            return units;
        }
    }
}
