using System.Buffers;
using System.IO.Pipelines;
using DaprShop.Contracts.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;

namespace DaprShop.Order.Placing;

/// <summary>
/// Orders that came to a gateway while it waited, in one call. Each is answered as it would be by itself; one that fails says so and fails
/// no other. A refusal of the call itself (4xx) means that nothing was done.
/// </summary>
internal static class PlaceOrdersEndpoint
{
    public const string Route = "/internal/orders/batch";

    /// <summary>Below what a sidecar waits for a service: an order that takes longer must not take the answers of the others along.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void MapPlaceOrders(this IEndpointRouteBuilder routes) =>
        routes.MapPost(Route, HandleAsync).LimitBody(PassedOrder.MaxBatchBytes);

    internal static async Task HandleAsync(HttpContext context, OrderPlacing placing, TimeProvider clock)
    {
        if (await ReadAsync(context) is not { } orders)
        {
            await Problems.Validation("$", "must be a batch of orders in a version that this service reads").ExecuteAsync(context);
            return;
        }

        var answers = await AnswerAsync(orders, placing, clock, context.RequestAborted);
        var body = OrderBatchFormat.WriteAnswers(answers);
        context.Response.ContentType = OrderBatchFormat.ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static async Task<OrderAnswer[]> AnswerAsync(
        IReadOnlyList<PassedOrder> orders, OrderPlacing placing, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var placed = new Task<OrderAnswer>[orders.Count];
        for (var index = 0; index < placed.Length; index++)
        {
            placed[index] = placing.PlaceAsync(orders[index], either.Token);
        }

        try
        {
            return await Task.WhenAll(placed).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [.. placed.Select((answer, index) => answer.IsCompletedSuccessfully ? answer.Result : placing.Unknown(orders[index]))];
        }
    }

    /// <returns>Null: no batch that can be read.</returns>
    private static async Task<IReadOnlyList<PassedOrder>?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentType != OrderBatchFormat.ContentType)
        {
            return null;
        }

        try
        {
            return OrderBatchFormat.ReadOrders(await ReadBodyAsync(context.Request.BodyReader, context.RequestAborted));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadBodyAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
