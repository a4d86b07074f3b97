using System.Diagnostics;
using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Orders;
using DaprShop.Order.Saga;
using DaprShop.ServiceDefaults.Batching;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.State;
using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Placing;

/// <summary>
/// The hot path: orders over one SKU, accepted by the batch. One look at what the keys name already, one at the prices, one call to inventory and
/// one record of the order log serve all that arrived meanwhile; each request gets its own outcome. The next batch is decided while the
/// record of this one is being written.
/// </summary>
internal sealed partial class OrderBatches : IAsyncDisposable
{
    private const int MaxBatch = 512;

    private readonly BulkReads _reads;
    private readonly PriceBook _priceBook;
    private readonly InventoryClient _inventory;
    private readonly OrderLog _log;
    private readonly OrderTails _tails;
    private readonly IntakePace _pace;
    private readonly TimeProvider _clock;
    private readonly ILogger<OrderBatches> _logger;
    private readonly NaturalBatches<Waiting> _batches;

    public OrderBatches(
        BulkReads reads,
        PriceBook priceBook,
        InventoryClient inventory,
        OrderLog log,
        OrderTails tails,
        IntakePace pace,
        IOptions<IntakeOptions> options,
        TimeProvider clock,
        ILogger<OrderBatches> logger)
    {
        (_reads, _priceBook, _inventory, _log, _tails, _pace, _clock, _logger) = (reads, priceBook, inventory, log, tails, pace, clock, logger);
        _batches = new NaturalBatches<Waiting>(
            options.Value.MaxWaiting, MaxBatch, CommitAsync, waiting => waiting.Fail(new DependencyUnavailableException("order service (stopping)")));
    }

    /// <summary>
    /// Completes when the order is durable, or refused. Throws when its outcome is unknown: repeat it under the same key.
    /// </summary>
    public Task<AcceptanceOutcome> AcceptAsync(OrderDraft draft)
    {
        var waiting = new Waiting(draft);
        return _batches.TryAdd(waiting) ? waiting.Outcome : Task.FromResult(AcceptanceOutcome.Overloaded("orders"));
    }

    public ValueTask DisposeAsync() => _batches.DisposeAsync();

    private async Task CommitAsync(IReadOnlyList<Waiting> batch, CancellationToken cancellationToken)
    {
        try
        {
            _pace.Accepting(batch.Count);
            using var activity = StartActivity(batch);
            var open = await SettleKnownAsync(batch, cancellationToken);
            var priced = await PriceAsync(FirstOfEachOrder(open), cancellationToken);
            if (priced.Count > 0)
            {
                await ReserveAsync(priced, cancellationToken);
            }
        }
#pragma warning disable CA1031 // One bad batch must not end the loop that every later order waits for: its requests are told.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            foreach (var waiting in batch)
            {
                waiting.Fail(failure);
            }
        }
    }

    /// <summary>A lone order goes on in its request's trace. A batch belongs to no single one: it has its own, with links to all of them.</summary>
    private static Activity? StartActivity(IReadOnlyList<Waiting> batch)
    {
        var requests = new List<ActivityContext>(batch.Count);
        foreach (var waiting in batch)
        {
            if (ActivityContext.TryParse(waiting.Draft.TraceParent, traceState: null, out var request))
            {
                requests.Add(request);
            }
        }

        return batch.Count == 1 && requests.Count == 1
            ? ShopActivity.Source.StartActivity("accept order", ActivityKind.Internal, requests[0])
            : ShopActivity.Source.StartActivity(
                "accept orders", ActivityKind.Internal, parentContext: default, links: requests.Select(request => new ActivityLink(request)));
    }

    /// <summary>Two requests under one key meet in one batch: the later ones wait for the next, where the first is known.</summary>
    private List<Waiting> FirstOfEachOrder(List<Waiting> batch)
    {
        var seen = new HashSet<string>(batch.Count, StringComparer.Ordinal);
        var first = new List<Waiting>(batch.Count);
        foreach (var waiting in batch)
        {
            if (seen.Add(waiting.Draft.OrderId))
            {
                first.Add(waiting);
            }
            else if (!_batches.TryAdd(waiting))
            {
                waiting.Settle(AcceptanceOutcome.Overloaded("orders"));
            }
        }

        return first;
    }

    /// <summary>
    /// Answers those whose key names an order already. A record that lies only in a log of another process is not looked for: inventory knows its
    /// reservation and answers with the same content. An order over several SKUs shows in its intent alone.
    /// </summary>
    private async Task<List<Waiting>> SettleKnownAsync(IReadOnlyList<Waiting> batch, CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(batch.Count * 2, StringComparer.Ordinal);
        foreach (var waiting in batch)
        {
            keys.Add(OrderKeys.Record(waiting.Draft.OrderId));
            keys.Add(OrderKeys.Intent(waiting.Draft.OrderId));
        }

        var found = await _reads.ReadAsync([.. keys], cancellationToken);
        var open = new List<Waiting>(batch.Count);
        foreach (var waiting in batch)
        {
            var draft = waiting.Draft;
            if ((found.Find<OrderContent>(OrderKeys.Record(draft.OrderId)) ?? _tails.Find(draft.OrderId)) is { } known)
            {
                waiting.Settle(AcceptanceOutcome.Repeated(known, draft.BodyHash));
            }
            else if (found.Find<OrderIntent>(OrderKeys.Intent(draft.OrderId)) is { Status: not IntentStatus.Refused })
            {
                waiting.Settle(AcceptanceOutcome.KeyReused());
            }
            else
            {
                open.Add(waiting);
            }
        }

        return open;
    }

    private async Task<List<Priced>> PriceAsync(List<Waiting> batch, CancellationToken cancellationToken)
    {
        var skus = batch
            .Where(waiting => waiting.Draft.Sale is null)
            .Select(waiting => waiting.Draft.Items[0].Sku)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var prices = skus.Count == 0 ? NamedPrices.None : await _priceBook.FindAsync(skus, cancellationToken);
        var now = _clock.GetUtcNow();
        var priced = new List<Priced>(batch.Count);
        foreach (var waiting in batch)
        {
            var errors = new ValidationErrors();
            if (waiting.Draft.Sale is null && prices.IsUnknown(waiting.Draft.Items[0].Sku))
            {
                waiting.Fail(new DependencyUnavailableException(AppIds.Catalog));
            }
            else if (OrderPricing.Price(waiting.Draft, prices, now, errors) is { } order)
            {
                priced.Add(new Priced(waiting, order, order.Encode()));
            }
            else
            {
                waiting.Settle(AcceptanceOutcome.Invalid(errors));
            }
        }

        return priced;
    }

    private async Task ReserveAsync(List<Priced> batch, CancellationToken cancellationToken)
    {
        var asked = _clock.GetTimestamp();
        var results = await _inventory.ReserveAsync([.. batch.Select(Command)], cancellationToken);
        var accepted = new List<Accepted>(batch.Count);
        foreach (var (item, result) in batch.Zip(results))
        {
            switch (result.Outcome)
            {
                case ReserveOutcome.Reserved:
                    accepted.Add(new Accepted(item.Waiting, result.Order ?? item.Encoded, result.Replayed));
                    break;
                case ReserveOutcome.Unavailable:
                    item.Waiting.Fail(new DependencyUnavailableException($"stock of {item.Order.Lines[0].Sku}"));
                    break;
                default:
                    item.Waiting.Settle(AcceptanceOutcome.NotReserved(result.Outcome, Pool(item.Order)));
                    break;
            }
        }

        if (accepted.Count > 0)
        {
            // Not waited for: every failure in it is told to the requests it concerns.
            _ = LogAsync(accepted, asked, cancellationToken);
        }
    }

    private async Task LogAsync(List<Accepted> batch, long asked, CancellationToken cancellationToken)
    {
        try
        {
            await _log.AppendInTimeAsync([.. batch.Select(item => item.Order)], asked, cancellationToken);
            LogAccepted(batch.Count);
            foreach (var item in batch)
            {
                item.Waiting.Settle(AcceptanceOutcome.Accepted(item.Order.Decode(), item.Replayed));
            }
        }
#pragma warning disable CA1031 // Whatever fails here, these orders are unknown and nobody else would tell their callers.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            foreach (var item in batch)
            {
                item.Waiting.Fail(failure);
            }
        }
    }

    private static string Pool(OrderContent order) => order.SaleId is { } sale ? StockPoolNames.OfSale(sale) : order.Lines[0].Sku;

    private static Reserve Command(Priced item) =>
        new(item.Order.Lines[0].ReservationId, item.Order.Lines[0].Sku, item.Order.Lines[0].Quantity, item.Encoded);

    [LoggerMessage(LogLevel.Debug, "Accepted a batch of {Count} orders")]
    private partial void LogAccepted(int count);

    private sealed class Waiting(OrderDraft draft)
    {
        private readonly TaskCompletionSource<AcceptanceOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public OrderDraft Draft => draft;

        public Task<AcceptanceOutcome> Outcome => _outcome.Task;

        public void Settle(AcceptanceOutcome outcome) => _outcome.TrySetResult(outcome);

        public void Fail(Exception failure) => _outcome.TrySetException(failure);
    }

    private readonly record struct Priced(Waiting Waiting, OrderContent Order, EncodedOrder Encoded);

    private readonly record struct Accepted(Waiting Waiting, EncodedOrder Order, bool Replayed);
}
