using System.Net;
using System.Net.Http.Headers;
using System.Text;
using DaprShop.Contracts.Orders;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Orders;
using DaprShop.Gateway.SoldOut;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace DaprShop.Tests.Gateway;

/// <summary>Orders that come while others are on their way: passed on as one call, answered each for itself.</summary>
public sealed class OrderBatchesTests : IAsyncLifetime
{
    private const string Batch = "/v1.0/invoke/order/method/internal/orders/batch";

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EdgeGateway _gateway = null!;

    private OrderBatches Batches => _gateway.Get<OrderBatches>();

    private IEnumerable<Recorded> Calls => _gateway.Sidecar.Invocations.Where(call => call.Path == Batch);

    public async Task InitializeAsync() => _gateway = await EdgeGateway.StartAsync();

    public async Task DisposeAsync()
    {
        _first.TrySetResult();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Place_WhileOthersAreOnTheirWay_GoAsOneCallAndEachGetsItsOwnAnswer()
    {
        OrderAnswer[] said =
        [
            Accepted() with { Location = "/api/v1/orders/o-0", Body = Bytes("""{"id":"o-0"}""") },
            Accepted() with { Replayed = true, ETag = "\"7\"", Body = Bytes("""{"id":"ü-1"}""") },
            Refusal(400, "validation"),
            Refusal(409, "sold-out") with { SoldOutPool = "SKU-7" },
            Refusal(422, "idempotency-key-reused"),
            Refusal(429, "overloaded") with { RetryAfter = "7" },
            Refusal(503, "dependency-unavailable") with { RetryAfter = "1" },
        ];
        IReadOnlyList<PassedOrder> passed = [];
        var answers = await PlaceTogetherAsync(
            said.Length,
            orders =>
            {
                passed = orders;
                return said;
            });

        Assert.Single(Calls);
        Assert.Equal(said.Length, passed.Count);
        for (var n = 0; n < said.Length; n++)
        {
            var answer = answers[n];
            Assert.Equal((User(n), "customer", $"k {n}"), (passed[n].UserId, passed[n].Role, passed[n].Key));
            Assert.Equal((Path(n), Body(n)), (passed[n].Path, Encoding.UTF8.GetString(passed[n].Body.Span)));
            Assert.Equal(Header(answer, "X-Trace-Id"), passed[n].TraceParent.Split('-')[1]);
            Assert.Equal(
                (said[n].Status, said[n].ContentType, said[n].Location, said[n].ETag, said[n].RetryAfter, said[n].Replayed ? "true" : null),
                ((int)answer.StatusCode, answer.Content.Headers.ContentType?.ToString(), Header(answer, "Location"), Header(answer, "ETag"),
                    Header(answer, "Retry-After"), Header(answer, "Idempotency-Replayed")));
            Assert.Equal(said[n].Body.ToArray(), await answer.Content.ReadAsByteArrayAsync());
            Assert.False(answer.Headers.Contains("shop-sold-out"));
        }

        Assert.Equal(said.Length, passed.Select(order => order.TraceParent).Distinct().Count());
        Assert.Equal(1, _gateway.Get<SoldOutCache>().Count);
        var recent = _gateway.Get<RecentOrders>();
        bool[] mayExist = [true, true, false, false, false, false, true];
        await Eventually.True(() => Enumerable.Range(0, said.Length).Select(n => recent.MayContain(OrderId(n))).SequenceEqual(mayExist));
    }

    [Theory]
    [InlineData("sidecar")]
    [InlineData("service")]
    [InlineData("broken")]
    [InlineData("short")]
    [InlineData("cut")]
    public async Task Place_AnswerOfTheBatchIsLost_IsUnknownForEach(string fault)
    {
        var answers = await PlaceTogetherAsync(3, async (context, orders) =>
        {
            switch (fault)
            {
                case "sidecar":
                    context.Response.StatusCode = 500;
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync("""{"errorCode":"ERR_DIRECT_INVOKE"}""");
                    break;
                case "service":
                    context.Response.StatusCode = 503;
                    context.Response.ContentType = Problems.ContentType;
                    break;
                case "broken":
                    context.Response.ContentType = OrderBatchFormat.ContentType;
                    await context.Response.Body.WriteAsync(new byte[] { 1, 0, 3, 0 });
                    break;
                case "short":
                    await WriteAsync(context, [.. orders.Skip(1).Select(_ => Accepted())]);
                    break;
                default:
                    context.Abort();
                    break;
            }
        });

        await AllUnknownAsync(answers);
        var recent = _gateway.Get<RecentOrders>();
        Assert.All(Enumerable.Range(0, 3), n => Assert.True(recent.MayContain(OrderId(n))));
    }

    [Fact]
    public async Task Place_BatchIsNotAnswered_IsUnknownForEachWhenPatienceEnds()
    {
        var asked = new TaskCompletionSource();
        var placed = PlaceTogetherAsync(3, async (context, _) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60));

        _gateway.Clock.Advance(Forwarder.Patience);

        await AllUnknownAsync(await placed);
    }

    [Fact]
    public async Task Place_HasWaitedTooLong_IsToldThatNothingWasDone()
    {
        var held = await HoldAsync((context, orders) => WriteAsync(context, [.. orders.Select(_ => Accepted())]));
        var early = PlaceAsync(1);
        await Eventually.True(() => Batches.Waiting == 1);
        _gateway.Clock.Advance(OrderBatches.LongestWait + TimeSpan.FromMilliseconds(1));
        var late = PlaceAsync(2);
        await Eventually.True(() => Batches.Waiting == 2);

        _first.SetResult();

        Assert.All(await Task.WhenAll([.. held, late]), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Equal((HttpStatusCode.TooManyRequests, "overloaded"), ((await early).StatusCode, await (await early).ProblemAsync()));
        Assert.NotNull(Header(await early, "Retry-After"));
        Assert.DoesNotContain(_gateway.Sidecar.Invocations, call => call.Path.EndsWith("/sales/spring/orders", StringComparison.Ordinal));

        await StillAsManyInFlightAsync();
    }

    [Fact]
    public async Task Place_ServiceTakesNoBatches_EachIsPassedOnByItself()
    {
        var answers = await PlaceTogetherAsync(3, (context, _) =>
        {
            _gateway.OnOrder = EdgeGateway.AcceptAsync;
            context.Response.StatusCode = 404;
            context.Response.ContentType = Problems.ContentType;
            return context.Response.WriteAsync("{}");
        });

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Equal(
            OrderBatches.MostInFlight + 3,
            _gateway.Sidecar.Invocations.Count(call => call.Path.StartsWith("/v1.0/invoke/order/method/api/v1/", StringComparison.Ordinal)));

        await StillAsManyInFlightAsync();
    }

    [Fact]
    public async Task Place_ClientGoesAwayWhileItsBatchIsOnItsWay_TheOthersAreAnswered()
    {
        using var leaving = new CancellationTokenSource();
        var isHere = new TaskCompletionSource();
        var held = await HoldAsync(async (context, orders) =>
        {
            isHere.SetResult();
            await leaving.CancelAsync();
            await WriteAsync(context, [.. orders.Select(_ => Accepted())]);
        });
        var gone = PlaceAsync(0, leaving.Token);
        var others = new[] { PlaceAsync(1), PlaceAsync(2) };
        await Eventually.True(() => Batches.Waiting == 3);

        _first.SetResult();
        await isHere.Task.WaitAsync(TimeSpan.FromSeconds(60));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.All(await Task.WhenAll([.. held, .. others]), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
    }

    [Fact]
    public async Task Place_ClientGoesAwayWhileItWaits_IsNotPassedOn()
    {
        using var leaving = new CancellationTokenSource();
        var passed = new List<string>();
        var held = await HoldAsync((context, orders) =>
        {
            passed.AddRange(orders.Select(order => order.UserId));
            return WriteAsync(context, [.. orders.Select(_ => Accepted())]);
        });
        var order = new PassedOrder(EdgeGateway.Orders, User(0), "customer", "k", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Bytes(Body(0)));
        var gone = Batches.JoinAsync(new WaitingOrder(order, trace: default, leaving.Token));
        await leaving.CancelAsync();
        var others = new[] { PlaceAsync(1), PlaceAsync(2) };
        await Eventually.True(() => Batches.Waiting == 3);

        _first.SetResult();

        Assert.All(await Task.WhenAll([.. held, .. others]), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Equal([User(1), User(2)], passed.Order(StringComparer.Ordinal));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
    }

    [Fact]
    public async Task Stop_OrdersAreWaiting_AreAnswered()
    {
        var held = await HoldAsync((context, orders) => WriteAsync(context, [.. orders.Select(_ => Accepted())]));
        var waiting = new[] { PlaceAsync(0), PlaceAsync(1) };
        await Eventually.True(() => Batches.Waiting == 2);
        var stopping = _gateway.StopAsync();
        await Eventually.True(() => _gateway.Get<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);

        _first.SetResult();

        Assert.All(await Task.WhenAll([.. held, .. waiting]), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        await stopping;
    }

    [Theory]
    [InlineData("chunked")]
    [InlineData("large")]
    [InlineData("query")]
    [InlineData("accept")]
    [InlineData("charset")]
    [InlineData("expect")]
    [InlineData("key")]
    public async Task Place_NotPlain_IsPassedOnByItselfAtOnce(string what)
    {
        var held = await HoldAsync((context, orders) => WriteAsync(context, [.. orders.Select(_ => Accepted())]));
        _gateway.OnOrder = EdgeGateway.AcceptAsync;
        using var request = await RequestAsync(0);
        switch (what)
        {
            case "chunked":
                request.Headers.TransferEncodingChunked = true;
                break;
            case "large":
                request.Content = new StringContent(Body(0).PadRight(PassedOrder.MaxBodyBytes + 1), Encoding.UTF8, "application/json");
                break;
            case "query":
                request.RequestUri = new Uri(EdgeGateway.Orders + "?x=1", UriKind.Relative);
                break;
            case "accept":
                request.Headers.Accept.ParseAdd("text/html");
                break;
            case "charset":
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-16");
                break;
            case "expect":
                request.Headers.ExpectContinue = true;
                break;
            default:
                request.Headers.Remove("Idempotency-Key");
                break;
        }

        using var answer = await _gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(OrderBatches.MostInFlight + 1, _gateway.Sidecar.Invocations.Count);
        Assert.Empty(Calls);
        Assert.False(held[0].IsCompleted);
    }

    [Fact]
    public async Task Place_MoreThanOneBatchHolds_GoInSeveral()
    {
        const int Count = PassedOrder.MaxOrders + 2;
        var sizes = new List<int>();

        var answers = await PlaceTogetherAsync(Count, orders =>
        {
            lock (sizes)
            {
                sizes.Add(orders.Count);
            }

            return [.. orders.Select(_ => Accepted())];
        });

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Equal([2, PassedOrder.MaxOrders], sizes.Order());
    }

    /// <summary>No place was lost and none was won.</summary>
    private async Task StillAsManyInFlightAsync()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = _gateway.Placed.Count();
        _gateway.OnOrder = async context =>
        {
            await open.Task;
            await EdgeGateway.AcceptAsync(context);
        };
        var placed = new List<Task<HttpResponseMessage>>();
        for (var n = 1; n <= OrderBatches.MostInFlight; n++)
        {
            placed.Add(PlaceAsync(2000 + n));
            await Eventually.True(() => _gateway.Placed.Count() == before + n);
        }

        placed.Add(PlaceAsync(2000));
        await Eventually.True(() => Batches.Waiting == 1);
        open.SetResult();
        Assert.All(await Task.WhenAll(placed), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
    }

    private static async Task AllUnknownAsync(IEnumerable<HttpResponseMessage> answers)
    {
        foreach (var answer in answers)
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "dependency-unavailable"), (answer.StatusCode, await answer.ProblemAsync()));
            Assert.Equal("1", Header(answer, "Retry-After"));
        }
    }

    private Task<HttpResponseMessage[]> PlaceTogetherAsync(int count, Func<IReadOnlyList<PassedOrder>, IReadOnlyList<OrderAnswer>> answer) =>
        PlaceTogetherAsync(count, (context, orders) => WriteAsync(context, answer(orders)));

    /// <summary>Fills the way, lets this many wait, and then lets them go.</summary>
    private async Task<HttpResponseMessage[]> PlaceTogetherAsync(int count, Func<HttpContext, IReadOnlyList<PassedOrder>, Task> onBatch)
    {
        var held = await HoldAsync(onBatch);
        var placed = new List<Task<HttpResponseMessage>>();
        for (var n = 0; n < count; n++)
        {
            placed.Add(PlaceAsync(n));
            await Eventually.True(() => Batches.Waiting == placed.Count);
        }

        _first.SetResult();
        await Task.WhenAll(held);
        return await Task.WhenAll(placed);
    }

    /// <summary>As many orders as may be on their way, until the test lets them go.</summary>
    private async Task<Task<HttpResponseMessage>[]> HoldAsync(Func<HttpContext, IReadOnlyList<PassedOrder>, Task> onBatch)
    {
        _gateway.OnOrder = async context =>
        {
            if (context.Request.Path == Batch)
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                await onBatch(context, OrderBatchFormat.ReadOrders(body.ToArray()));
                return;
            }

            await _first.Task;
            await EdgeGateway.AcceptAsync(context);
        };
        var held = new List<Task<HttpResponseMessage>>();
        for (var n = 0; n < OrderBatches.MostInFlight; n++)
        {
            held.Add(PlaceAsync(1000 + n));
            await Eventually.True(() => _gateway.Placed.Count() == held.Count);
        }

        return [.. held];
    }

    private async Task<HttpResponseMessage> PlaceAsync(int n, CancellationToken cancellationToken = default)
    {
        var request = await RequestAsync(n);
        return await _gateway.Client.SendAsync(request, cancellationToken);
    }

    private async Task<HttpRequestMessage> RequestAsync(int n)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Path(n)) { Content = new StringContent(Body(n), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _gateway.TokenAsync(User(n)));
        request.Headers.Add("Idempotency-Key", $"k {n}");
        return request;
    }

    private static string User(int n) => $"shopper-{(n % 8) + 1}";

    private static string Path(int n) => n == 1 ? "/api/v1/sales/spring/orders" : EdgeGateway.Orders;

    private static string OrderId(int n) => DerivedIds.Order(User(n), Path(n), $"k {n}");

    private static string Body(int n) => $$"""{"items":[{"sku":"SKU-{{n}}","quantity":1}], "payment":{"source":"tök_ok"} }""";

    private static OrderAnswer Accepted() =>
        new(202, "application/json; charset=utf-8", "/api/v1/orders/o", "\"1\"", RetryAfter: null, Replayed: false, SoldOutPool: null, Bytes("{}"));

    private static OrderAnswer Refusal(int status, string name) => new(
        status,
        Problems.ContentType,
        Location: null,
        ETag: null,
        RetryAfter: null,
        Replayed: false,
        SoldOutPool: null,
        Bytes($$"""{"type":"urn:daprshop:problem:{{name}}"}"""));

    private static async Task WriteAsync(HttpContext context, IReadOnlyList<OrderAnswer> answers)
    {
        context.Response.ContentType = OrderBatchFormat.ContentType;
        await context.Response.Body.WriteAsync(OrderBatchFormat.WriteAnswers(answers));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
