using DaprShop.Contracts;
using Microsoft.AspNetCore.Routing.Patterns;

namespace DaprShop.Gateway.Routes;

internal enum Access
{
    Anyone,
    SignedIn,
    Operator,
}

/// <summary>
/// One route of the public API, as data: what the gateway forwards, whom it lets in, and what the OpenAPI document says all come
/// from here. The path is the same at the service.
/// </summary>
/// <param name="Name">The operation's id.</param>
/// <param name="AppId">Who answers.</param>
internal sealed record PublicRoute(string Method, string Template, string Name, string AppId, Access Access, string Summary)
{
    /// <summary>The template, parsed once.</summary>
    public RoutePattern Pattern { get; } = RoutePatternFactory.Parse(Template);

    public Type? Request { get; init; }

    /// <summary>The body may be left out.</summary>
    public bool RequestIsOptional { get; init; }

    /// <summary>A body that works as it stands on a fresh shop.</summary>
    public string? RequestExample { get; init; }

    public Type? Response { get; init; }

    /// <summary>The status of success.</summary>
    public int Success { get; init; } = StatusCodes.Status200OK;

    /// <summary>Answers 201 instead when the resource is new.</summary>
    public bool MayCreate { get; init; }

    /// <summary>Needs an <c>Idempotency-Key</c>.</summary>
    public bool Idempotent { get; init; }

    /// <summary>Takes <c>limit</c> and <c>cursor</c>.</summary>
    public bool Paged { get; init; }

    /// <summary>Takes <c>If-None-Match</c> and may answer 304.</summary>
    public bool Cacheable { get; init; }

    /// <summary>Takes <c>If-Match</c> and may answer 412.</summary>
    public bool Conditional { get; init; }

    /// <summary>Answers <c>text/event-stream</c> for as long as the client stays.</summary>
    public bool Streams { get; init; }

    /// <summary>Answers 204 instead when a client that resumes the stream has all of it.</summary>
    public bool MayHaveEnded { get; init; }

    /// <summary>The setting that says whether the app runs in this shop; null: it always does. Without it the route is there and answers 404.</summary>
    public string? EnabledBy { get; init; }

    /// <summary>Filters beside limit and cursor, by name.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Refusals that belong to this route, beside those that every route shares.</summary>
    public IReadOnlyList<int> Refusals { get; init; } = [];

    /// <summary>May be refused from the cached sold-out answer: an order over one SKU, or one in the sale that the path names.</summary>
    public bool RefusesSoldOut { get; init; }

    /// <summary>Asks for an order.</summary>
    public bool PlacesOrder => RefusesSoldOut || Name == "checkoutCart";

    /// <summary>Its success means units of the path's <c>sku</c>: what was known of that stock is no longer true.</summary>
    public bool AddsUnits { get; init; }

    /// <summary>The gateway answers its own routes itself.</summary>
    public bool IsForwarded => AppId != AppIds.Gateway;

    /// <summary>Takes a token of the user's bucket, when there is a user. What other systems send is nobody's.</summary>
    public bool LimitsUsers => IsForwarded && Template.StartsWith("/api/v1/", StringComparison.Ordinal);

    /// <summary>Counts among the requests in flight. A stream stays for hours, and an operator must get through when a limit was set too low.</summary>
    public bool CountsAsLoad => IsForwarded && !Streams && Tag != "ops";

    public string Tag => Template.StartsWith("/api/v1/", StringComparison.Ordinal)
        ? Template.Split('/')[3]
        : Template.Split('/')[1];
}
