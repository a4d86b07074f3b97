using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace DaprShop.ServiceDefaults.Http;

/// <summary>A body limit of one route's own, where services send each other more than a client may.</summary>
public static class BodyLimit
{
    /// <param name="bytes">What a body may have at most; more is answered 413.</param>
    public static RouteHandlerBuilder LimitBody(this RouteHandlerBuilder route, int bytes) => route.WithMetadata(new Limit(bytes));

    private sealed record Limit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
