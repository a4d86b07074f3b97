using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Orders;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace DaprShop.Order.Placing;

/// <summary>
/// Places one order of a gateway's batch: read, placed and answered in the same words, and the same bytes, as by the endpoint that its path
/// names, and in the trace of its own request.
/// </summary>
internal sealed class OrderPlacing(OrderAcceptance acceptance, SaleOffers sales, RefusedOrders refusals, IOptions<JsonOptions> json, ILogger<OrderPlacing> logger)
{
    private const string Json = "application/json; charset=utf-8";
    private const string SalePrefix = "/api/v1/sales/";
    private const string SaleSuffix = "/orders";

    private readonly JsonSerializerOptions _json = json.Value.SerializerOptions;

    /// <summary>Never throws: a fault is this order's answer.</summary>
    public async Task<OrderAnswer> PlaceAsync(PassedOrder order, CancellationToken cancellationToken)
    {
        using var activity = StartActivity(order);
        var answer = await AnswerAsync(order, activity?.Id ?? order.TraceParent, cancellationToken);
        activity?.SetTag("http.response.status_code", answer.Status);
        return answer;
    }

    /// <summary>The answer to an order that nobody waits for any longer: it may still be accepted.</summary>
    public OrderAnswer Unknown(PassedOrder order) =>
        Refused(order, FaultProblems.For(new DependencyUnavailableException("An order of a batch took too long."), logger));

    private static Activity? StartActivity(PassedOrder order) =>
        ActivityContext.TryParse(order.TraceParent, traceState: null, isRemote: true, out var request)
            ? ShopActivity.Source.StartActivity("place order", ActivityKind.Server, request)
            : null;

    private async Task<OrderAnswer> AnswerAsync(PassedOrder order, string traceParent, CancellationToken cancellationToken)
    {
#pragma warning disable CA1031 // What one order runs into must not be the answer to the others: it is logged and worded as its own.
        try
        {
            return Answer(order, await AcceptAsync(order, traceParent, cancellationToken));
        }
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return Refused(order, FaultProblems.For(fault, logger));
        }
    }

    private async Task<AcceptanceOutcome> AcceptAsync(PassedOrder order, string traceParent, CancellationToken cancellationToken)
    {
        var caller = new ShopCaller(order.UserId, order.Role);
        if (TryReadSale(order.Path, out var sale))
        {
            return Read<PlaceSaleOrder>(order) is { } inSale
                ? await PlaceSaleOrderEndpoint.PlaceAsync(sale, inSale, caller, order.Key, traceParent, sales, acceptance, cancellationToken)
                : AcceptanceOutcome.Refused(FaultProblems.NoBody());
        }

        if (order.Path != PlaceOrderEndpoint.Route)
        {
            return AcceptanceOutcome.Refused(Problems.NotFound("There is no such resource."));
        }

        return Read<PlaceOrder>(order) is { } request
            ? await PlaceOrderEndpoint.PlaceAsync(request, caller, order.Key, traceParent, acceptance, cancellationToken)
            : AcceptanceOutcome.Refused(FaultProblems.NoBody());
    }

    private T? Read<T>(PassedOrder order)
        where T : class => JsonSerializer.Deserialize<T>(WithoutMark(order.Body.Span), _json);

    // A reader of streams skips the byte order mark, one of bytes takes it for a mistake.
    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;

    private static bool TryReadSale(string path, [NotNullWhen(true)] out string? sale)
    {
        var hasSale = path.StartsWith(SalePrefix, StringComparison.Ordinal)
            && path.EndsWith(SaleSuffix, StringComparison.Ordinal)
            && path.Length > SalePrefix.Length + SaleSuffix.Length
            && path.IndexOf('/', SalePrefix.Length) == path.Length - SaleSuffix.Length;
        sale = hasSale ? path[SalePrefix.Length..^SaleSuffix.Length] : null;
        return hasSale;
    }

    private OrderAnswer Answer(PassedOrder order, AcceptanceOutcome outcome)
    {
        if (outcome.Order is not { } accepted)
        {
            return Refused(order, outcome.Refusal!, outcome.SoldOutPool);
        }

        var view = OrderViews.Of(accepted, stored: null);
        return new OrderAnswer(
            StatusCodes.Status202Accepted,
            Json,
            OrderViews.Path(accepted.OrderId),
            ETags.Of(view.Version),
            RetryAfter: null,
            outcome.Replayed,
            SoldOutPool: null,
            JsonSerializer.SerializeToUtf8Bytes(view, _json));
    }

    private OrderAnswer Refused(PassedOrder order, ProblemHttpResult refusal, string? soldOutPool = null)
    {
        var trace = ActivityContext.TryParse(order.TraceParent, traceState: null, out var request) ? request.TraceId.ToHexString() : null;
        refusals.Count(refusal);
        ProblemContext.Complete(refusal.ProblemDetails, order.Path, trace);
        return new OrderAnswer(
            refusal.StatusCode,
            Problems.ContentType,
            Location: null,
            ETag: null,
            ProblemContext.NeedsRetryAfter(refusal.StatusCode) ? ProblemContext.DefaultRetryAfter : null,
            Replayed: false,
            soldOutPool,
            JsonSerializer.SerializeToUtf8Bytes(refusal.ProblemDetails, _json));
    }
}
