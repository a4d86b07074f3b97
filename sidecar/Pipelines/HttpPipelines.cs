using Sidecar.Components;
using Sidecar.Components.Middleware;
using Sidecar.Configuration;

namespace Sidecar.Pipelines;

/// <summary>The steps that run before the HTTP API, and those that run before the app, in the order of the configuration.</summary>
internal sealed class HttpPipelines(SidecarResources resources, ComponentRegistry components)
{
    public IReadOnlyList<IHttpMiddleware> Api { get; } = Steps(resources.Configuration.HttpPipeline, components);

    public IReadOnlyList<IHttpMiddleware> App { get; } = Steps(resources.Configuration.AppHttpPipeline, components);

    // What is missing here is meant for another app, or was left out by its ignoreErrors; the rest stopped the start.
    private static List<IHttpMiddleware> Steps(IReadOnlyList<PipelineHandler> handlers, ComponentRegistry components) =>
        [.. handlers.Select(handler => components.Find<IHttpMiddleware>(handler.Name)).OfType<IHttpMiddleware>()];
}
