using System.Text.RegularExpressions;

namespace Sidecar.Components.Middleware.RouterChecker;

/// <summary>middleware.http.routerchecker: a request whose path and query do not match the regular expression <c>rule</c> is refused.</summary>
internal sealed class RouterChecker(Regex rule) : IHttpMiddleware
{
    private static readonly MiddlewareAnswer Refusal = new(StatusCodes.Status400BadRequest, "invalid router");

    public static IComponent? Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var metadata = new ComponentMetadata(spec, errors);
        var rule = metadata.Text("rule") ?? "";
        ComponentLog.WarnUnknown(context, spec, metadata);
        try
        {
            // Without backtracking, as Go's: no request may keep the expression busy for long.
            return new RouterChecker(new Regex(rule, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            metadata.Reject("rule", $"is not a regular expression: {exception.Message}");
            return null;
        }
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<MiddlewareAnswer?> CheckAsync(MiddlewareRequest request, CancellationToken cancellationToken) =>
        new(rule.IsMatch(request.Target) ? null : Refusal);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
