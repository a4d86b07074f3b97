using System.Security.Claims;
using DaprShop.Gateway.Authentication;
using DaprShop.ServiceDefaults.Http;
using Microsoft.Net.Http.Headers;

namespace DaprShop.Gateway.Forwarding;

/// <summary>
/// Which headers cross. Both ways only what is named here: so no client can send <c>shop-user</c>, <c>dapr-*</c>, <c>X-Forwarded-*</c> or a
/// hop-by-hop header to a service, and nothing internal leaves.
/// </summary>
internal static class ForwardedHeaders
{
    private static readonly string[] Inwards =
    [
        HeaderNames.Accept, HeaderNames.AcceptLanguage, HeaderNames.IfMatch, HeaderNames.IfNoneMatch,
        ShopHeaders.IdempotencyKey, "Last-Event-ID", "Provider-Signature",
    ];

    private static readonly string[] InwardsOfBody = [HeaderNames.ContentType, HeaderNames.ContentLength];

    private static readonly string[] Outwards =
    [
        HeaderNames.Allow, HeaderNames.CacheControl, HeaderNames.ContentLength, HeaderNames.ContentType, HeaderNames.ETag,
        HeaderNames.Location, HeaderNames.RetryAfter, ShopHeaders.IdempotencyReplayed,
    ];

    public static void CopyIn(HttpRequest from, HttpRequestMessage to)
    {
        foreach (var name in Inwards)
        {
            if (from.Headers.TryGetValue(name, out var values))
            {
                to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        foreach (var name in InwardsOfBody)
        {
            if (to.Content is not null && from.Headers.TryGetValue(name, out var values))
            {
                to.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }
    }

    public static void AddCaller(ClaimsPrincipal user, HttpRequestMessage to)
    {
        if (user.Identity is { IsAuthenticated: true })
        {
            to.Headers.Add(ShopHeaders.User, user.FindFirstValue(ShopClaims.User));
            to.Headers.Add(ShopHeaders.Role, user.FindFirstValue(ShopClaims.Role));
        }
    }

    public static void CopyOut(HttpResponseMessage from, HttpResponse to)
    {
        foreach (var name in Outwards)
        {
            if (from.Headers.TryGetValues(name, out var values) || from.Content.Headers.TryGetValues(name, out values))
            {
                to.Headers[name] = values.ToArray();
            }
        }
    }
}
