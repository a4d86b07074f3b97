using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Sidecar.Http;

/// <summary>
/// Routes on the path as the client escaped it. The server's own path has most escapes removed already, after which
/// <c>%252F</c> and <c>%2F</c> look alike and a key with a slash cannot be told from two segments.
/// </summary>
internal static class RequestTarget
{
    public static IApplicationBuilder UseRequestTarget(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.StartsWith('/'))
        {
            // By constructor: the conversion from a string would remove the escapes.
            context.Request.Path = new PathString(Clean(PathOf(target)));
        }

        return next(context);
    });

    /// <summary>Empty and dot segments are resolved and a trailing slash is dropped (dapr-contract.md 1.4).</summary>
    internal static string Clean(string path)
    {
        if (!NeedsCleaning(path))
        {
            return path;
        }

        var kept = new List<string>();
        foreach (var segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
            {
                kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
            }
            else if (segment != ".")
            {
                kept.Add(segment);
            }
        }

        var cleaned = new StringBuilder("/", path.Length);
        return cleaned.AppendJoin('/', kept).ToString();
    }

    private static string PathOf(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private static bool NeedsCleaning(string path) =>
        path.Length > 1
        && (path[^1] == '/'
            || path.Contains("//", StringComparison.Ordinal)
            || path.Contains("/.", StringComparison.Ordinal));
}
