using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Orders;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Load;

/// <summary>What a customer was told: what the shop must stand by.</summary>
internal sealed class Promise(PlannedOrder planned)
{
    public PlannedOrder Planned => planned;

    /// <summary>Null: never accepted.</summary>
    public OrderView? Accepted { get; set; }

    /// <summary>Refused for good under this key, as far as the customer was told.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Accepted, and not there when the customer looked.</summary>
    public bool IsNotFound { get; set; }

    /// <summary>A cancellation was sent; whether it came in time is the shop's to say.</summary>
    public bool IsCancelAsked { get; set; }

    /// <summary>When a cancellation was answered 202; null: none was.</summary>
    public DateTimeOffset? CancelPromisedAt { get; set; }

    /// <summary>A refund was answered 202.</summary>
    public bool IsRefundPromised { get; set; }

    /// <summary>A refund was sent, whatever became of it.</summary>
    public bool IsRefundAsked { get; set; }
}

/// <summary>Places the planned orders and repeats what was not answered, under the same key; cancels, refunds and restocks as planned.</summary>
internal sealed class Customers
{
    private const int Patience = 150;
    private const string Operator = "operator-1";

    private readonly World _world;
    private readonly Network _network;
    private readonly Plan _plan;
    private readonly Process _process;
    private readonly Chance _chance;
    private int _busy;

    public Customers(World world, Network network, Plan plan)
    {
        (_world, _network, _plan) = (world, network, plan);
        (_process, _chance) = (new Process(world, 100, "customers"), Chance.Of(world.Seed, "customers"));
        Promises = [.. plan.Orders.Select(order => new Promise(order))];
    }

    public IReadOnlyList<Promise> Promises { get; }

    /// <summary>Every order was accepted or refused for good: none is sent any more.</summary>
    public bool HavePlaced => Promises.All(promise => promise.Accepted is not null || promise.IsRefused);

    /// <summary>Nobody waits for an answer or means to ask for anything any more.</summary>
    public bool AreDone => _busy == 0;

    /// <summary>A request that was never answered for good, however often it was repeated.</summary>
    public List<string> GivenUp { get; } = [];

    public void Begin() => Do(async () =>
    {
        foreach (var stock in _plan.Stock)
        {
            await UntilAsync(
                AppIds.Inventory,
                new Request(
                    "PUT",
                    $"/api/v1/stock/{stock.Sku}",
                    Json(new { initial = stock.Initial, buckets = stock.Buckets, strategy = stock.Strategy }),
                    Headers: Caller(Operator, ShopCaller.Operator)),
                201, 409);
        }

        if (_plan.Sale is { } sale)
        {
            await CreateAsync(sale);
        }

        foreach (var group in Promises.GroupBy(promise => promise.Planned.Group))
        {
            Do(() => PlaceAsync([.. group]));
        }

        foreach (var restock in _plan.Restocks)
        {
            Do(() => RestockAsync(restock));
        }
    });

    private static Dictionary<string, string> Caller(string user, string role, string? key = null)
    {
        var headers = new Dictionary<string, string> { [ShopHeaders.User] = user, [ShopHeaders.Role] = role };
        if (key is not null)
        {
            headers["Idempotency-Key"] = key;
        }

        return headers;
    }

    private static byte[] Body(PlannedOrder order) => order.SaleId is null
        ? Json(order.Body)
        : Json(new PlaceSaleOrder(order.Body.Items[0].Quantity, order.Body.Payment));

    private static byte[] Json<T>(T body) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(body, ShopJson.Documents);

    private void Do(Func<Task> work)
    {
        _busy++;
        _process.Start(async () =>
        {
            await work();
            _busy--;
        });
    }

    /// <summary>It may be over before anybody could create it; then there is none.</summary>
    private Task<int> CreateAsync(PlannedSale sale)
    {
        var body = new CreateSale(
            sale.Id, sale.Sku, PlannedSale.Price, sale.Quantity, sale.PerUserLimit, World.Epoch, World.Epoch + sale.Length, Buckets: sale.Buckets);
        return UntilAsync(
            AppIds.Inventory, new Request("POST", "/api/v1/sales", Json(body), Headers: Caller(Operator, ShopCaller.Operator, "sale")), 201, 400, 409);
    }

    private async Task PlaceAsync(List<Promise> group)
    {
        await WaitAsync(group[0].Planned.At);
        if (group.Count > 1)
        {
            var answer = await _network.SendAsync(AppIds.Order, Dependency.Invocation, Batch(group), CancellationToken.None);
            if (answer is { Status: 200 })
            {
                foreach (var (promise, one) in group.Zip(OrderBatchFormat.ReadAnswers(answer.Body)))
                {
                    Take(promise, new Response(one.Status, one.Body));
                }
            }
        }

        foreach (var promise in group)
        {
            Do(() => PlaceAsync(promise));
        }
    }

    private static Request Batch(List<Promise> group) => new(
        "POST",
        "/internal/orders/batch",
        OrderBatchFormat.WriteOrders([.. group.Select(promise => new PassedOrder(
            promise.Planned.Path, promise.Planned.UserId, ShopCaller.Customer, promise.Planned.Key, "", Body(promise.Planned)))]),
        OrderBatchFormat.ContentType);

    private async Task PlaceAsync(Promise promise)
    {
        var planned = promise.Planned;
        var request = new Request("POST", planned.Path, Body(planned), Headers: Caller(planned.UserId, ShopCaller.Customer, planned.Key));
        for (var attempt = 0; promise is { Accepted: null, IsRefused: false }; attempt++)
        {
            if (attempt == Patience)
            {
                GivenUp.Add($"order {planned.Key}");
                return;
            }

            if (await _network.SendAsync(AppIds.Order, Dependency.Invocation, request, CancellationToken.None) is { } answer)
            {
                Take(promise, answer);
            }

            if (promise is { Accepted: null, IsRefused: false })
            {
                await PauseAsync();
            }
        }

        if (promise.Accepted is { } accepted)
        {
            Do(() => LookAsync(promise, accepted.Id));
            Do(() => CancelAsync(promise, accepted.Id));
            Do(() => RefundAsync(promise, accepted.Id));
        }
    }

    private void Take(Promise promise, Response answer)
    {
        if (answer.Status == 202)
        {
            promise.Accepted = answer.Read<OrderView>();
            _world.Note("accepted", $"{promise.Planned.Key} {promise.Accepted.Id}");
        }
        else if (answer.Status is 400 or 404 or 409 or 422)
        {
            promise.IsRefused = true;
            _world.Note("refused", promise.Planned.Key);
        }
    }

    /// <summary>Whoever was answered 202 finds his order, at once and ever after.</summary>
    private async Task LookAsync(Promise promise, string id)
    {
        var request = new Request("GET", $"/api/v1/orders/{id}", default, Headers: Caller(promise.Planned.UserId, ShopCaller.Customer));
        for (var look = 0; look < 3; look++)
        {
            await WaitAsync(_chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(2)));
            promise.IsNotFound |= await _network.SendAsync(AppIds.Order, Dependency.Invocation, request, CancellationToken.None) is { Status: 404 };
        }
    }

    private async Task CancelAsync(Promise promise, string id)
    {
        if (promise.Planned.CancelAfter is { } after)
        {
            await WaitAsync(after);
            promise.IsCancelAsked = true;
            var status = await UntilAsync(
                AppIds.Order, new Request("POST", $"/api/v1/orders/{id}/cancel", default, Headers: Caller(promise.Planned.UserId, ShopCaller.Customer)), 202, 409);
            promise.CancelPromisedAt = status == 202 ? _process.Clock.GetUtcNow() : null;
        }
    }

    private async Task RefundAsync(Promise promise, string id)
    {
        if (promise.Planned.RefundAfter is not { } after)
        {
            return;
        }

        await WaitAsync(after);
        promise.IsRefundAsked = true;
        var request = new Request(
            "POST", $"/api/v1/orders/{id}/refund", default, Headers: Caller(Operator, ShopCaller.Operator, $"refund-{promise.Planned.Key}"));

        // Not confirmed yet is no final word.
        for (var attempt = 0; attempt < 5 && !promise.IsRefundPromised; attempt++)
        {
            var status = await UntilAsync(AppIds.Order, request, 202, 409);
            promise.IsRefundPromised = status == 202;
            await WaitAsync(TimeSpan.FromSeconds(3));
        }
    }

    private async Task RestockAsync(PlannedRestock restock)
    {
        await WaitAsync(restock.At);
        await UntilAsync(
            AppIds.Inventory,
            new Request(
                "POST", $"/api/v1/stock/{restock.Sku}/restocks", Json(new { quantity = restock.Quantity }), Headers: Caller(Operator, ShopCaller.Operator, restock.Key)),
            200, 201);
    }

    /// <returns>The status; 0: given up.</returns>
    private async Task<int> UntilAsync(string app, Request request, params int[] final)
    {
        for (var attempt = 0; attempt < Patience; attempt++)
        {
            if (await _network.SendAsync(app, Dependency.Invocation, request, CancellationToken.None) is { } answer && final.Contains(answer.Status))
            {
                return answer.Status;
            }

            await PauseAsync();
        }

        GivenUp.Add($"{request.Method} {request.Path}");
        return 0;
    }

    private Task PauseAsync() => WaitAsync(_chance.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)));

    private Task WaitAsync(TimeSpan time) => Task.Delay(time, _process.Clock, CancellationToken.None);
}
