namespace Sidecar.Components.Middleware;

/// <summary>What a step of a pipeline may know of a request, to the API or to the app.</summary>
/// <param name="Target">Path and query, as they were sent.</param>
/// <param name="Header">A header's value; empty when there is none.</param>
/// <param name="RemoteAddress">Empty when the request did not come over a connection.</param>
internal sealed record MiddlewareRequest(string Method, string Target, Func<string, string> Header, string RemoteAddress);

/// <summary>A text that a step answers with in place of whom the request was meant for.</summary>
internal sealed record MiddlewareAnswer(int Status, string Text)
{
    public const string ContentType = "text/plain; charset=utf-8";

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}

/// <summary>Changes a piece of a body in its place; pieces are cut anywhere and keep their length.</summary>
internal delegate void BodyChange(Span<byte> piece);

/// <summary>One step of an HTTP pipeline (dapr-contract.md 3.5).</summary>
internal interface IHttpMiddleware : IComponent
{
    BodyChange? RequestChange => null;

    BodyChange? AnswerChange => null;

    /// <summary>Null: the request goes on.</summary>
    ValueTask<MiddlewareAnswer?> CheckAsync(MiddlewareRequest request, CancellationToken cancellationToken) => new((MiddlewareAnswer?)null);
}
