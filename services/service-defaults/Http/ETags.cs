using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>Entity tags: the document's version in quotes (RFC 9110, 8.8.3).</summary>
public static class ETags
{
    public static string Of(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    public static void Write(HttpResponse response, long version) => response.Headers.ETag = Of(version);

    /// <summary>True when <c>If-None-Match</c> names this version (weak comparison), so that the answer is 304.</summary>
    public static bool NotModified(HttpRequest request, long version) =>
        Matches(request.Headers.IfNoneMatch, version, weakly: true);

    /// <summary>True when <c>If-Match</c> is there at all.</summary>
    public static bool HasIfMatch(HttpRequest request) => request.Headers.IfMatch.Count > 0;

    /// <summary>True when <c>If-Match</c> names this version (strong comparison: a weak tag never matches).</summary>
    public static bool IfMatch(HttpRequest request, long version) =>
        Matches(request.Headers.IfMatch, version, weakly: false);

    private static bool Matches(StringValues header, long version, bool weakly)
    {
        if (header.Count == 0 || !EntityTagHeaderValue.TryParseList([.. header.OfType<string>()], out var tags))
        {
            return false;
        }

        var current = new EntityTagHeaderValue(Of(version));
        return tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(current, useStrongComparison: !weakly));
    }
}
