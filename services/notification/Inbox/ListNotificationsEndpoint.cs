using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Notification.Inbox;

/// <summary><c>GET /api/v1/notifications?limit=&amp;cursor=</c>: the caller's inbox, newest first.</summary>
internal static class ListNotificationsEndpoint
{
    private const string CursorKind = "inbox";

    public static void MapInbox(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/notifications", ListAsync);

    internal static async Task<Results<Ok<Page<NotificationView>>, ProblemHttpResult>> ListAsync(
        ShopCaller caller, HttpRequest request, InboxStore inboxes, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var page = PageRequest.Read(request.Query, CursorKind, cursorParts: 1, errors);
        var before = int.MaxValue;
        if (page.After is [var number])
        {
            errors.Require(
                int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out before), "cursor", "is not a cursor of this list");
        }

        if (errors.TryGetProblem(out var invalid))
        {
            return invalid;
        }

        var head = await inboxes.HeadAsync(caller.UserId, cancellationToken);
        var (entries, last) = await inboxes.ReadAsync(caller.UserId, head, before, page.Limit, cancellationToken);
        return TypedResults.Ok(new Page<NotificationView>(
            entries, last > 0 ? Cursor.Encode(CursorKind, last.ToString(CultureInfo.InvariantCulture)) : null));
    }
}
