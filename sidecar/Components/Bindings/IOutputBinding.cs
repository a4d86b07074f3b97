using Sidecar.Tracing;

namespace Sidecar.Components.Bindings;

/// <param name="Data">As the caller sent it over HTTP: the text of a JSON value; empty when there was none.</param>
internal sealed record BindingInvocation(string Operation, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Of the caller; for bindings that can pass it on.</summary>
    public TraceContext Trace { get; init; } = TraceContext.Empty;
}

internal sealed record BindingReply(ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata);

internal interface IOutputBinding : IComponent
{
    /// <summary>The names that <see cref="InvokeAsync"/> is called with; any other is refused before.</summary>
    IReadOnlyList<string> Operations { get; }

    /// <summary>Null: the system behind it answers nothing. Throws <see cref="ComponentException"/>.</summary>
    Task<BindingReply?> InvokeAsync(BindingInvocation invocation, CancellationToken cancellationToken);
}
