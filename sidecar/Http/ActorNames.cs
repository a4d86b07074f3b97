using System.Buffers;
using Sidecar.Actors;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>The names in the paths of the actor API, and what daprd refuses in them.</summary>
internal static class ActorNames
{
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("#?\0/\\");

    public static ActorAddress Actor(this HttpContext context) => new(context.PathParameter("type"), context.PathParameter("id"));

    /// <summary>Why the name cannot be part of a URL; null: it can.</summary>
    public static string? Problem(string name)
    {
        if (name.AsSpan().ContainsAny(Forbidden))
        {
            return $"name contains forbidden character: {Quoted(name)}";
        }

        var control = name.AsSpan().IndexOfAnyInRange('\x01', '\x1f') is var at and >= 0 ? at : name.IndexOf('\x7f', StringComparison.Ordinal);
        return control >= 0 ? $"name contains control character at position {control}: {Quoted(name)}"
            : name is "." or ".." ? $"name is a path traversal sequence: {Quoted(name)}"
            : null;
    }

    public static ApiError? Refusal(ActorAddress actor) => actor.IsReserved ? ActorErrors.Reserved(actor.Type) : null;

    // As Go's %q writes it, as far as names go.
    private static string Quoted(string name) =>
        $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\0", "\\x00", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}\"";
}
