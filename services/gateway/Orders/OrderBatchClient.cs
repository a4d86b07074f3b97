using System.Net;
using System.Net.Http.Headers;
using DaprShop.Contracts;
using DaprShop.Contracts.Orders;
using DaprShop.Gateway.Forwarding;
using DaprShop.ServiceDefaults.Faults;

namespace DaprShop.Gateway.Orders;

/// <summary>Passes a batch of orders to the order service.</summary>
internal sealed partial class OrderBatchClient(Sidecar sidecar, TimeProvider clock, ILogger<OrderBatchClient> logger)
{
    private static readonly MediaTypeHeaderValue ContentType = new(OrderBatchFormat.ContentType);

    /// <returns>The answers in the order of the orders; null: the service refused the call, and nothing was done.</returns>
    /// <exception cref="DependencyUnavailableException">What became of the orders is unknown.</exception>
    public async Task<IReadOnlyList<OrderAnswer>?> PassAsync(IReadOnlyList<PassedOrder> orders, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Forwarder.Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var request = sidecar.CreateRequest(HttpMethod.Post, AppIds.Order, "/internal/orders/batch");
        request.Content = new ReadOnlyMemoryContent(OrderBatchFormat.WriteOrders(orders));
        request.Content.Headers.ContentType = ContentType;

        using var answer = await sidecar.InvokeAsync(AppIds.Order, request, either.Token);
        var body = await answer.Content.ReadAsByteArrayAsync(either.Token);
        var type = answer.Content.Headers.ContentType?.MediaType;
        if (answer.StatusCode == HttpStatusCode.OK && type == OrderBatchFormat.ContentType)
        {
            var answers = OrderBatchFormat.ReadAnswers(body);
            return answers.Count == orders.Count
                ? answers
                : throw new DependencyUnavailableException($"{AppIds.Order} answered {answers.Count} of {orders.Count} orders.");
        }

        // The service's own words, not a sidecar's: such as of a version that has no such route, or reads other batches.
        if ((int)answer.StatusCode is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError && type == Problems.ContentType)
        {
            LogRefused(logger, orders.Count, (int)answer.StatusCode);
            return null;
        }

        throw new DependencyUnavailableException($"{AppIds.Order} cannot be reached: the sidecar said {(int)answer.StatusCode}.");
    }

    [LoggerMessage(LogLevel.Warning, "The order service takes no batch of {Count} orders ({StatusCode}): each is passed on by itself")]
    private static partial void LogRefused(ILogger logger, int count, int statusCode);
}
