using System.Text;
using Sidecar.Components;
using Sidecar.Components.Bindings;

namespace DaprShop.Tests.Bindings;

/// <summary>Remembers what it was invoked with, and answers or fails as told.</summary>
internal sealed class FakeOutput : IOutputBinding
{
    public IReadOnlyList<string> Operations { get; } = ["create", "get"];

    public List<string> Invocations { get; } = [];

    public BindingReply? Reply { get; set; }

    public ComponentException? Fault { get; set; }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<BindingReply?> InvokeAsync(BindingInvocation invocation, CancellationToken cancellationToken)
    {
        if (Fault is { } fault)
        {
            throw fault;
        }

        Invocations.Add(
            $"{invocation.Operation} {Encoding.UTF8.GetString(invocation.Data.Span)} {string.Join(", ", invocation.Metadata.Select(item => $"{item.Key}={item.Value}"))}");
        return Task.FromResult(Reply);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
