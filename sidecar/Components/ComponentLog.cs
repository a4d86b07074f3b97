using Sidecar.Configuration;

namespace Sidecar.Components;

internal static partial class ComponentLog
{
    /// <summary>Asked once all members were read; a misspelt member would otherwise silently keep its default.</summary>
    public static void WarnUnknown(ComponentContext context, ComponentSpec spec, ComponentMetadata metadata)
    {
        var logger = context.Loggers.CreateLogger("dapr.contrib");
        foreach (var name in metadata.Unknown)
        {
            LogUnknown(logger, spec.Name, spec.Type, name, spec.SourceFile);
            context.Warn(new ConfigurationError(spec.SourceFile, 0, $"spec.metadata.{name}", $"is not known to {spec.Type} and has no effect"));
        }
    }

    [LoggerMessage(LogLevel.Warning, "Component {Component} ({Type}): spec.metadata.{Member} is not known and has no effect ({File})")]
    private static partial void LogUnknown(ILogger logger, string component, string type, string member, string file);
}
