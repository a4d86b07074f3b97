namespace DaprShop.Reliability.Checking;

/// <summary>A reservation as the log tells it.</summary>
internal sealed record FoldedReservation(string Id, string OrderId, long Units, string State);

/// <summary>A bucket's log, folded a second time: counters, reservations and whatever in it cannot be.</summary>
internal sealed class BucketLedger
{
    public const string Tentative = "Tentative";
    public const string Held = "Held";
    public const string Sold = "Confirmed";
    public const string Released = "Released";
    public const string Returned = "Returned";

    private readonly Dictionary<string, FoldedReservation> _reservations = new(StringComparer.Ordinal);
    private readonly HashSet<string> _restocks = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];
    private bool _pulling;

    private BucketLedger(StockBucket bucket) => Bucket = bucket;

    public StockBucket Bucket { get; }

    public long Initial { get; private set; }

    public long Restocked { get; private set; }

    public long Available { get; private set; }

    public long Reserved { get; private set; }

    public long SoldUnits { get; private set; }

    public long Received { get; private set; }

    public long Sent { get; private set; }

    /// <summary>A bucket that has asked another for units and has no answer yet.</summary>
    public bool IsPulling => _pulling;

    public IReadOnlyCollection<FoldedReservation> Reservations => _reservations.Values;

    public IReadOnlyList<Finding> Findings => _findings;

    public static BucketLedger Fold(StockBucket bucket)
    {
        var ledger = new BucketLedger(bucket);
        var next = 0L;
        foreach (var batch in bucket.Batches)
        {
            if (batch.N != next)
            {
                ledger._findings.Add(new Finding(Checking.Findings.StockLogGap, bucket.Bucket, $"batch {next} is missing, {batch.N} is there"));
            }

            next = batch.N + 1;
            foreach (var entry in batch.Entries)
            {
                ledger.Apply(entry);
            }
        }

        if (next != bucket.Seq + 1)
        {
            ledger._findings.Add(new Finding(Checking.Findings.StockLogGap, bucket.Bucket, $"the document is at batch {bucket.Seq}, its log ends before {next}"));
        }

        return ledger;
    }

    private void Apply(StockChange entry)
    {
        switch (entry.Kind)
        {
            case "created":
                (Initial, Available) = (entry.Units, Available + entry.Units);
                break;
            case "restocked":
                Expect(_restocks.Add(entry.Id!), entry, "restocked before");
                Restocked += entry.Units;
                Available += entry.Units;
                break;
            case "reserved":
                var known = _reservations.GetValueOrDefault(entry.Id!);
                Expect(known is null or { State: Released }, entry, known?.State);
                _reservations[entry.Id!] = new FoldedReservation(entry.Id!, entry.OrderId ?? known?.OrderId ?? "", entry.Units, Tentative);
                Available -= entry.Units;
                Reserved += entry.Units;
                break;
            case "renewed":
                Expect(StateOf(entry) == Tentative, entry, StateOf(entry));
                break;
            case "held":
                Move(entry, Held, Tentative);
                break;
            case "confirmed":
                var sold = Move(entry, Sold, Tentative, Held);
                Reserved -= sold;
                SoldUnits += sold;
                break;
            case "released":
                var released = Move(entry, Released, Tentative, Held);
                Reserved -= released;
                Available += released;
                break;
            case "returned":
                var returned = Move(entry, Returned, Sold);
                SoldUnits -= returned;
                Available += returned;
                break;
            case "pullStarted":
                Expect(!_pulling, entry, "pulling already");
                _pulling = true;
                break;
            case "sent":
                Sent += entry.Units;
                Available -= entry.Units;
                break;
            case "received":
                Expect(_pulling, entry, "not pulling");
                _pulling = false;
                Received += entry.Units;
                Available += entry.Units;
                break;
            default:
                _findings.Add(new Finding(Checking.Findings.StockIllegalMove, Bucket.Bucket, $"an entry '{entry.Kind}' is not known"));
                break;
        }

        if (Available < 0 || Reserved < 0 || SoldUnits < 0)
        {
            _findings.Add(new Finding(
                Checking.Findings.Oversold,
                Bucket.Bucket,
                $"after {entry.Kind} {entry.Id}: available {Available}, reserved {Reserved}, sold {SoldUnits}",
                Math.Abs(Math.Min(Available, Math.Min(Reserved, SoldUnits)))));
        }
    }

    private string? StateOf(StockChange entry) => _reservations.GetValueOrDefault(entry.Id!)?.State;

    private long Move(StockChange entry, string to, params ReadOnlySpan<string> from)
    {
        if (_reservations.GetValueOrDefault(entry.Id!) is not { } reservation)
        {
            Expect(false, entry, "unknown");
            return 0;
        }

        Expect(from.Contains(reservation.State), entry, reservation.State);
        _reservations[entry.Id!] = reservation with { State = to };
        return reservation.Units;
    }

    private void Expect(bool isLegal, StockChange entry, string? was)
    {
        if (!isLegal)
        {
            _findings.Add(new Finding(Checking.Findings.StockIllegalMove, entry.Id ?? Bucket.Bucket, $"'{entry.Kind}' in {Bucket.Bucket} while it was {was}"));
        }
    }
}
