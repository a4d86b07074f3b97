using System.Collections.Concurrent;
using System.Globalization;
using DaprShop.Reliability.Checking;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Reliability.Load;

/// <summary>
/// Customers who place, read and cancel orders, some twice at once and some under a key that is taken, and an operator who refunds and restocks. Everything
/// that is drawn follows from the seed; when it happens does not.
/// </summary>
internal sealed class ShopLoad : IDisposable
{
    private const string Hot = "REL-HOT";

    /// <summary>No token is late here: a kill may outlast the window to pay, and both ends are then right.</summary>
    private static readonly string[] UsualSources =
    [
        "tok_ok", "tok_ok", "tok_ok", "tok_async", "tok_declined", "tok_webhook_twice", "tok_webhook_lost", "tok_charged_no_answer", "tok_error_then_ok",
        "tok_webhook_forged",
    ];

    private static readonly (string Sku, long Price, int Units, string Strategy, int Buckets)[] Cool =
    [
        ("REL-1", 1999, 5000, "group-commit", 1),
        ("REL-2", 2500, 24, "group-commit", 4),
        ("REL-3", 350, 2000, "etag", 1),
        ("REL-4", 12_900, 2000, "actor", 2),
    ];

    private readonly RunningShop _shop;
    private readonly History _history;
    private readonly LoadOptions _options;
    private readonly CancellationTokenSource _giveUp = new();
    private readonly ConcurrentQueue<string> _accepted = new();
    private readonly List<LoadClient> _customers = [];
    private LoadClient? _operator;

    private readonly (string Sku, long Price, int Units, string Strategy, int Buckets)[] _catalogue;

    public ShopLoad(RunningShop shop, History history, LoadOptions options)
    {
        (_shop, _history, _options) = (shop, history, options);
        _catalogue = [.. Cool, (Hot, 99_900, options.HotUnits, options.HotStrategy, 1)];
        Offers = [.. _catalogue.Select(item => new Offer(item.Sku, item.Price, item.Units))];
    }

    public IReadOnlyList<Offer> Offers { get; }

    public int Accepted => _accepted.Count;

    public async Task PrepareAsync()
    {
        var admin = await ShopClient.SignInAsync(_shop.Gateway, "operator-1");
        foreach (var (sku, price, units, strategy, buckets) in _catalogue)
        {
            var product = new
            {
                name = $"Product {sku}",
                brand = "Oracle",
                category = "reliability",
                price = new { amount = price, currency = "CNY" },
                description = "For a run under faults.",
            };
            await RequireAsync(() => admin.PutAsync($"/api/v1/products/{sku}", product));
            await RequireAsync(() => admin.PutAsync($"/api/v1/stock/{sku}", new { initial = units, strategy, buckets }));
        }

        _operator = new LoadClient(admin, "operator-1", _history, new Random(_options.Seed), _giveUp.Token);
        for (var n = 1; n <= _options.Customers; n++)
        {
            var user = string.Create(CultureInfo.InvariantCulture, $"shopper-{n}");
            _customers.Add(new LoadClient(await ShopClient.SignInAsync(_shop.Gateway, user), user, _history, new Random(_options.Seed + n), _giveUp.Token));
        }
    }

    /// <summary>Until stopped; then every wish that has no answer yet is repeated until it has, for as long as the patience lasts.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var patience = stop.Register(() => _giveUp.CancelAfter(_options.Patience));
        await Task.WhenAll([.. _customers.Select((customer, n) => ShopAsync(customer, new Random((_options.Seed * 31) + n), stop)), OperateAsync(stop)]);
    }

    /// <summary>No wish is repeated any more.</summary>
    public void GiveUp() => _giveUp.Cancel();

    public void Dispose()
    {
        _operator?.Dispose();
        _customers.ForEach(customer => customer.Dispose());
        _giveUp.Dispose();
    }

    private static async Task RequireAsync(Func<Task<Answer>> send)
    {
        // The gateway answers before everything behind it is warm; 409 and 412 say that an earlier try was taken.
        await Eventually.Get<Answer>(send, answer => (int)answer.Status is < 300 or 409 or 412);
    }

    private async Task ShopAsync(LoadClient customer, Random random, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            await PauseAsync(random.Next(_options.ThinkMs, 3 * _options.ThinkMs), stop);
            var key = string.Create(CultureInfo.InvariantCulture, $"k-{n}");
            var source = _options.Sources[random.Next(_options.Sources.Count)];
            Line[] lines = random.NextDouble() < _options.HotShare ? [new Line(Hot, 1)] : Choose(random);
            var isTwin = random.NextDouble() < 0.1;
            var placed = await Task.WhenAll(Enumerable.Range(0, isTwin ? 2 : 1).Select(_ => customer.PlaceAsync(key, source, lines)));
            if (placed[0] is { Phase: Phase.Ok, OrderId: { } id })
            {
                _accepted.Enqueue(id);
                await FollowUpAsync(customer, random, id, key, lines);
            }
        }
    }

    private static async Task FollowUpAsync(LoadClient customer, Random random, string id, string key, IReadOnlyList<Line> lines)
    {
        switch (random.NextDouble())
        {
            case < 0.08:
                await customer.CancelAsync(id);
                break;
            case < 0.12:
                // Another wish under a key that is taken: refused for ever.
                await customer.PlaceAsync(key, "tok_ok", [lines[0] with { Quantity = lines[0].Quantity + 1 }]);
                break;
            case < 0.5:
                await customer.ReadAsync(id);
                await customer.ReadAsync(id);
                break;
        }
    }

    private async Task OperateAsync(CancellationToken stop)
    {
        var random = new Random(_options.Seed * 17);
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            await PauseAsync(random.Next(500, 1500), stop);
            var key = string.Create(CultureInfo.InvariantCulture, $"op-{n}");
            if (n % 5 == 4)
            {
                await _operator!.RestockAsync(n % 2 == 0 ? Hot : "REL-2", random.Next(5, 30), key);
            }
            else if (_accepted.ToArray() is { Length: > 0 } accepted)
            {
                var id = accepted[random.Next(accepted.Length)];
                if (await _operator!.ReadAsync(id) is { Phase: Phase.Ok, Status: OrderLife.Confirmed })
                {
                    await _operator.RefundAsync(id, key);
                }
            }
        }
    }

    private static Line[] Choose(Random random) => random.NextDouble() switch
    {
        < 0.25 => [new Line("REL-1", random.Next(1, 3)), new Line("REL-4", 1)],
        < 0.4 => [new Line("REL-2", 1), new Line("REL-3", random.Next(1, 4)), new Line(Hot, 1)],
        < 0.65 => [new Line("REL-2", random.Next(1, 4))],
        < 0.85 => [new Line("REL-3", random.Next(1, 3))],
        _ => [new Line("REL-1", random.Next(1, 4))],
    };

    private static async Task PauseAsync(int milliseconds, CancellationToken stop) =>
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <param name="ThinkMs">A customer rests between once and three times as long between two orders.</param>
    internal sealed record LoadOptions(int Seed, int Customers = 8, int ThinkMs = 400)
    {
        public IReadOnlyList<string> Sources { get; init; } = UsualSources;

        /// <summary>Of the orders, how many are for the one product that is soon sold out, and alone.</summary>
        public double HotShare { get; init; } = 0.2;

        public int HotUnits { get; init; } = 30;

        public string HotStrategy { get; init; } = "group-commit";

        /// <summary>How long after the end of the load a wish may stay without an answer.</summary>
        public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(120);
    }
}
