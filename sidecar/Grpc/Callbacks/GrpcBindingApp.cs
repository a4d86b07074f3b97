using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Api;
using Sidecar.Bindings;
using Sidecar.Components.Bindings;
using Sidecar.Grpc.DaprApi;
using Sidecar.Tracing;

namespace Sidecar.Grpc.Callbacks;

/// <summary>
/// ListInputBindings asks a gRPC app which bindings it wants, OnBindingEvent brings the events. The answer may hold state to save
/// and data for output bindings (dapr-contract.md 9.3); what fails there is logged, since the event itself was taken.
/// </summary>
internal sealed partial class GrpcBindingApp(AppCallback app, StateApi state, BindingApi bindings, ILogger<GrpcBindingApp> logger) : IBindingApp
{
    public async Task<bool> WantsAsync(BindingTarget target, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await app.CallAsync("ListInputBindings", new Empty(), ListInputBindingsResponse.Parser, [], TraceContext.Empty, cancellationToken);
            return reply.Message.Bindings.Contains(target.Name);
        }
        catch (GrpcException failure) when (failure.Status == GrpcStatusCode.Unimplemented)
        {
            return false;
        }
    }

    public async Task<BindingAnswer> SendAsync(BindingTarget target, BindingEvent read, TraceContext trace, CancellationToken cancellationToken)
    {
        var request = new BindingEventRequest { Name = target.Name, Data = ByteString.CopyFrom(read.Data.Span) };
        foreach (var (name, value) in read.Metadata)
        {
            request.Metadata[name] = value;
        }

        BindingEventResponse response;
        try
        {
            response = (await app.CallAsync("OnBindingEvent", request, BindingEventResponse.Parser, [], trace, cancellationToken)).Message;
        }
        catch (GrpcException failure)
        {
            return new BindingAnswer(false, false, (int)failure.Status, $"{failure.Status} ({failure.Message})");
        }

        await SaveAsync(target, response, cancellationToken);
        await ForwardAsync(target, response, trace, cancellationToken);
        return new BindingAnswer(true, true, (int)GrpcStatusCode.Ok, "OK");
    }

    private async Task SaveAsync(BindingTarget target, BindingEventResponse response, CancellationToken cancellationToken)
    {
        if (response.States.Count == 0)
        {
            return;
        }

        var error = state.TryFind(response.StoreName, out var store, out var missing)
            ? await state.SaveAsync(store, [.. response.States.Select(StateService.ToRequest)], null, cancellationToken)
            : missing;
        if (error is not null)
        {
            LogNotSaved(logger, target.Name, error.Message);
        }
    }

    private async Task ForwardAsync(BindingTarget target, BindingEventResponse response, TraceContext trace, CancellationToken cancellationToken)
    {
        var invocation = new BindingInvocation("create", response.Data.Memory, new Dictionary<string, string>()) { Trace = trace };
        if (response.Concurrency == BindingEventResponse.Types.BindingEventConcurrency.Parallel)
        {
            await Task.WhenAll(response.To.Select(SendAsync));
            return;
        }

        foreach (var output in response.To)
        {
            await SendAsync(output);
        }

        async Task SendAsync(string output)
        {
            if ((await bindings.InvokeAsync(output, invocation, cancellationToken)).Error is { } error)
            {
                LogNotForwarded(logger, target.Name, output, error.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The state that the app gave for an event of binding {Binding} was not saved: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string binding, string reason);

    [LoggerMessage(LogLevel.Error, "The data that the app gave for an event of binding {Binding} did not reach binding {Output}: {Reason}")]
    private static partial void LogNotForwarded(ILogger logger, string binding, string output, string reason);
}
