namespace Sidecar.Configuration;

/// <summary>A step of a pipeline, by the name and type of its component (spec.httpPipeline and appHttpPipeline, dapr-contract.md 3.5).</summary>
internal sealed record PipelineHandler(string Name, string Type, ConfigurationPlace Place)
{
    /// <summary>The list of a later file takes the place of an earlier one's.</summary>
    public static IReadOnlyList<PipelineHandler> Read(YamlMember pipeline, IReadOnlyList<PipelineHandler> earlier)
    {
        pipeline.KnownMembers("handlers");
        return pipeline["handlers"].IsPresent ? [.. pipeline["handlers"].Items().Select(Handler)] : earlier;
    }

    /// <summary>What is wrong with it, given the components of the resource folders; null: nothing.</summary>
    /// <param name="elsewhere">Names of components that are meant for other apps: a configuration that several apps share may name them.</param>
    public ConfigurationError? Check(IReadOnlyList<ComponentDocument> components, IReadOnlySet<string> elsewhere)
    {
        if (components.FirstOrDefault(component => component.Name == Name) is not { } found)
        {
            var nearest = NearestName.Of(Name, components.Select(component => component.Name));
            return Name.Length == 0 || elsewhere.Contains(Name)
                ? null
                : Error("name", $"there is no component '{Name}'{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
        }

        return Type.Length == 0 || found.Type.Equals(Type, StringComparison.OrdinalIgnoreCase)
            ? null
            : Error("type", $"component '{Name}' is a {found.Type}, not a {Type}");
    }

    private static PipelineHandler Handler(YamlMember item)
    {
        item.KnownMembers("name", "type", "version", "selector");
        var type = item["type"].RequiredText();
        if (type.Length > 0 && !type.StartsWith("middleware.http.", StringComparison.OrdinalIgnoreCase))
        {
            item["type"].Error($"'{type}' is not a middleware: its type has to begin with middleware.http.");
            type = "";
        }

        if (item["version"].Text() is { Length: > 0 } version && version != "v1")
        {
            item["version"].Error($"'{version}' is not known; known: v1");
        }

        return new PipelineHandler(item["name"].RequiredText(), type, new ConfigurationPlace(item.File, item.FileLine, item.Path));
    }

    private ConfigurationError Error(string member, string message) => new(Place.File, Place.Line, $"{Place.Path}.{member}", message);
}

/// <summary>Where something stands, for mistakes that show only when everything is read.</summary>
internal sealed record ConfigurationPlace(string File, int Line, string Path);
