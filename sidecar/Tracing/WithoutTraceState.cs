using System.Diagnostics;
using OpenTelemetry;

namespace Sidecar.Tracing;

/// <summary>A tracestate is text of whoever began the trace: it goes on to the app, and not into what is exported.</summary>
internal sealed class WithoutTraceState : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data) => data.TraceStateString = "";
}
