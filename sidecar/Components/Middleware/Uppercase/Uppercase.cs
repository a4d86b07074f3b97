namespace Sidecar.Components.Middleware.Uppercase;

/// <summary>
/// middleware.http.uppercase, to see that a pipeline runs: bodies in capital letters, in the <c>direction</c> request, response or both.
/// Letters beyond ASCII stay as they are, where daprd changes those that have capitals.
/// </summary>
internal sealed class Uppercase(string direction) : IHttpMiddleware
{
    public BodyChange? RequestChange { get; } = direction is "response" ? null : Raise;

    public BodyChange? AnswerChange { get; } = direction is "response" or "both" ? Raise : null;

    public static IComponent Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var metadata = new ComponentMetadata(spec, errors);
        var direction = metadata.Text("direction")?.ToLowerInvariant() ?? "request";
        if (direction is not ("request" or "response" or "both"))
        {
            metadata.Reject("direction", $"must be request, response or both, not '{direction}'");
        }

        ComponentLog.WarnUnknown(context, spec, metadata);
        return new Uppercase(direction);
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Raise(Span<byte> piece)
    {
        for (var i = 0; i < piece.Length; i++)
        {
            if (piece[i] is >= (byte)'a' and <= (byte)'z')
            {
                piece[i] -= 'a' - 'A';
            }
        }
    }
}
