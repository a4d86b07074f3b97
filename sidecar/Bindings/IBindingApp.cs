using Sidecar.Components.Bindings;
using Sidecar.Tracing;

namespace Sidecar.Bindings;

/// <param name="Route">Of an HTTP app; the component's name unless it says otherwise.</param>
internal sealed record BindingTarget(string Name, string Route);

/// <param name="IsTaken">False: the binding is told that its event failed.</param>
/// <param name="EndsRetries">False: a policy tries again.</param>
/// <param name="Code">Of HTTP or gRPC; a policy may match it.</param>
internal sealed record BindingAnswer(bool IsTaken, bool EndsRetries, int Code, string Text);

/// <summary>Input bindings from the app's side, in the protocol the app speaks (dapr-contract.md 9.3).</summary>
internal interface IBindingApp
{
    Task<bool> WantsAsync(BindingTarget target, CancellationToken cancellationToken);

    /// <summary>Throws <see cref="HttpRequestException"/> or <see cref="IOException"/> when the app did not answer.</summary>
    Task<BindingAnswer> SendAsync(BindingTarget target, BindingEvent read, TraceContext trace, CancellationToken cancellationToken);
}
