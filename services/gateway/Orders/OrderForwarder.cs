using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Claims;
using DaprShop.Contracts.Orders;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Routes;
using DaprShop.ServiceDefaults.Http;
using Microsoft.Net.Http.Headers;

namespace DaprShop.Gateway.Orders;

/// <summary>Passes orders on: those that wait together as one call, all others as the forwarder passes any request.</summary>
internal sealed class OrderForwarder(Forwarder forwarder, OrderBatches batches)
{
    /// <param name="onAnswer">Sees the status and whose stock refused (or null) before they are passed on; not called when there is no answer.</param>
    public async Task ForwardAsync(HttpContext context, PublicRoute route, NamedOrder order, Action<int, string?> onAnswer)
    {
        if (!IsPlain(context.Request) || Activity.Current is not { Id: { } traceParent, IdFormat: ActivityIdFormat.W3C } activity)
        {
            await ForwardAloneAsync(context, route, onAnswer);
            return;
        }

        var body = await PeekAsync(context.Request.BodyReader, context.RequestAborted);
        var passed = new PassedOrder(order.Path, order.UserId, context.User.FindFirstValue(ShopClaims.Role)!, order.Key, traceParent, body);
        var turn = await batches.JoinAsync(new WaitingOrder(passed, activity.Context, context.RequestAborted));
        try
        {
            if (turn.Answer is { } answer)
            {
                onAnswer(answer.Status, answer.SoldOutPool);
                await WriteAsync(context, answer);
            }
            else
            {
                await ForwardAloneAsync(context, route, onAnswer);
            }
        }
        finally
        {
            if (turn.HoldsPlace)
            {
                batches.Leave();
            }
        }
    }

    private Task ForwardAloneAsync(HttpContext context, PublicRoute route, Action<int, string?> onAnswer) =>
        forwarder.ForwardAsync(context, route, answer => onAnswer(
            (int)answer.StatusCode, answer.Headers.TryGetValues(ShopHeaders.SoldOut, out var pools) ? pools.First() : null));

    /// <summary>
    /// Of a known, small size and without a header that could change the answer. A list of accepted types may have the service word its
    /// problems otherwise, unless it is one of those that nearly every client sends.
    /// </summary>
    private static bool IsPlain(HttpRequest request) =>
        request.ContentLength is > 0 and <= PassedOrder.MaxBodyBytes
        && PlainJson.IsSentBy(request)
        && !request.QueryString.HasValue
        && request.Headers.Expect.Count == 0
        && request.Headers.Accept.ToString() is "" or "*/*" or "application/json" or "application/json, text/plain, */*";

    /// <summary>Copies the whole body, which is small, and leaves it unread: it may yet be passed on by itself.</summary>
    private static async ValueTask<byte[]> PeekAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            var bytes = read.IsCompleted ? read.Buffer.ToArray() : null;
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (bytes is not null)
            {
                return bytes;
            }
        }
    }

    private static async Task WriteAsync(HttpContext context, OrderAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        Set(response.Headers, HeaderNames.Location, answer.Location);
        Set(response.Headers, HeaderNames.ETag, answer.ETag);
        Set(response.Headers, HeaderNames.RetryAfter, answer.RetryAfter);
        Set(response.Headers, ShopHeaders.IdempotencyReplayed, answer.Replayed ? "true" : null);
        await response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static void Set(IHeaderDictionary headers, string name, string? value)
    {
        if (value is not null)
        {
            headers[name] = value;
        }
    }
}

internal static class OrderForwardingSetup
{
    public static void AddOrderForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<OrderBatchClient>();
        builder.Services.AddSingleton<OrderBatches>();
        builder.Services.AddSingleton<OrderForwarder>();
    }
}
