using Sidecar.Components;
using Sidecar.Components.Middleware;
using Sidecar.Configuration;

namespace Sidecar.Pipelines;

/// <summary>The steps that run before the HTTP API, and those that run before the app, in the order of the configuration.</summary>
internal sealed class HttpPipelines(SidecarResources resources, ComponentRegistry components)
{
    public IReadOnlyList<PipelineHandler> Api => resources.Configuration.HttpPipeline;

    public IReadOnlyList<PipelineHandler> App => resources.Configuration.AppHttpPipeline;

    /// <summary>
    /// For each request anew, since components come and go while the sidecar runs. Null: what is missing here is meant for
    /// another app, or was left out by its ignoreErrors; anything else stopped the start, or the reload.
    /// </summary>
    public IHttpMiddleware? Find(PipelineHandler handler) => components.Find<IHttpMiddleware>(handler.Name);
}
