using System.Text.Json;

namespace DaprShop.Tests;

/// <summary>Grafana's dashboards, read.</summary>
internal static class Dashboards
{
    public static IReadOnlyList<string> Files => Repository.Files("observability/grafana/dashboards", ".json");

    /// <summary>What its panels ask Prometheus.</summary>
    public static IReadOnlyList<(string Name, string Expression)> Queries =>
    [
        .. from file in Files
           from panel in Panels(Read(file))
           from target in panel.GetProperty("targets").EnumerateArray()
           where panel.GetProperty("datasource").GetProperty("type").GetString() == "prometheus"
           select ($"{file}, {panel.GetProperty("title").GetString()}", target.GetProperty("expr").GetString()!),
    ];

    public static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(Repository.Read(file));
        return document.RootElement.Clone();
    }

    public static IEnumerable<JsonElement> Panels(JsonElement dashboard) => dashboard.GetProperty("panels").EnumerateArray();
}
