using System.Globalization;
using System.Text;
using System.Text.Json;
using DaprShop.Contracts.Api;
using DaprShop.Notification.Inbox;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Notification.Stream;

/// <summary>
/// <c>GET /api/v1/notifications/stream</c>: a <c>notification</c> event for every new entry. It watches the inbox document, not the broker: the
/// event may have gone to another replica. The event id is the entry's number, so <c>Last-Event-ID</c> resumes without a gap.
/// </summary>
internal static class StreamEndpoint
{
    private const int MostPerTurn = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void MapStream(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/notifications/stream", StreamAsync);

    internal static async Task StreamAsync(
        ShopCaller caller, HttpContext context, InboxStore inboxes, TimeProvider clock, IHostApplicationLifetime host)
    {
        // A stream would otherwise hold up the shutdown until its time runs out.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, host.ApplicationStopping);
        var sent = int.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last + 1
            : (await inboxes.HeadAsync(caller.UserId, ends.Token)).Count;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await WriteAsync(context.Response, ": connected\n\n", ends.Token);
            var quietSince = clock.GetTimestamp();
            while (true)
            {
                await Task.Delay(Interval, clock, ends.Token);
                var now = await SendNewAsync(context.Response, caller.UserId, inboxes, sent, ends.Token);
                if (now != sent)
                {
                    (sent, quietSince) = (now, clock.GetTimestamp());
                }
                else if (clock.GetElapsedTime(quietSince) >= Heartbeat)
                {
                    await WriteAsync(context.Response, ": still here\n\n", ends.Token);
                    quietSince = clock.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The client has gone or this process stops; either way the stream ends here.
        }
    }

    /// <returns>The number the next entry gets.</returns>
    private static async Task<int> SendNewAsync(
        HttpResponse response, string userId, InboxStore inboxes, int sent, CancellationToken cancellationToken)
    {
        try
        {
            var head = await inboxes.HeadAsync(userId, cancellationToken);
            // Oldest first, a bounded step at a time: someone may resume after a long while.
            var upTo = Math.Min(head.Count, sent + MostPerTurn);
            if (upTo <= sent)
            {
                return sent;
            }

            var (entries, first) = await inboxes.ReadAsync(userId, head, upTo, upTo - sent, cancellationToken);
            var text = new StringBuilder();
            foreach (var (entry, number) in entries.Reverse().Select((entry, at) => (entry, first + at)))
            {
                text.Append(CultureInfo.InvariantCulture, $"id: {number}\nevent: notification\ndata: {Json(entry)}\n\n");
            }

            await WriteAsync(response, text.ToString(), cancellationToken);
            return upTo;
        }
        catch (DependencyUnavailableException)
        {
            // The next turn asks again; nothing is skipped.
            return sent;
        }
    }

    private static string Json(NotificationView entry) => JsonSerializer.Serialize(entry, ShopJson.Documents);

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
