using Serilog.Core;
using Serilog.Events;

namespace DaprShop.ServiceDefaults.Telemetry;

/// <summary>ASP.NET Core puts the path of a request, with whatever its caller typed there, on every line that is logged for it: takes it off.</summary>
internal sealed class WithoutPath : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
}
