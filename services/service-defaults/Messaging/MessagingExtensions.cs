using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DaprShop.ServiceDefaults.Messaging;

public static class MessagingExtensions
{
    /// <summary>The endpoint takes deliveries of the sidecar, which may be larger than what a client may send.</summary>
    public static RouteHandlerBuilder TakesMessages(this RouteHandlerBuilder route) => route.LimitBody(Delivery.MaxBatchBytes);

    /// <summary><c>GET /internal/failures?subscription=&amp;eventId=</c>: what this consumer knows of a message that failed, for the dead letters.</summary>
    public static void MapFailureNotes(this IEndpointRouteBuilder routes) => routes.MapGet(
        "/internal/failures",
        async (string subscription, string eventId, FailureNotes notes, CancellationToken cancellationToken) =>
            await notes.FindAsync(subscription, eventId, cancellationToken) is { } failure
                ? TypedResults.Ok(failure)
                : (IResult)Problems.NotFound("Nothing is noted about this message."));

    internal static void AddMessaging(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton<MessageCounters>();
        services.TryAddSingleton<FailureNotes>();
        services.TryAddSingleton<MessageConsumer>();
    }
}
