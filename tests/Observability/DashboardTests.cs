namespace DaprShop.Tests;

public sealed class DashboardTests
{
    [Fact]
    public void Dashboards_HaveAnIdOfTheirOwnAndPanelsThatDoNotOverlap()
    {
        var ids = Dashboards.Files.Select(file => Dashboards.Read(file).GetProperty("uid").GetString()!).ToList();

        Assert.Equal(["messages-and-brokers", "sagas-and-money", "shop-overview", "sidecars-and-runtime"], ids.Order(StringComparer.Ordinal));
        Assert.All(Dashboards.Files, file =>
        {
            var panels = Dashboards.Panels(Dashboards.Read(file)).ToList();
            Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("title").GetString()).Distinct().Count());
            var cells = panels.SelectMany(panel =>
            {
                var place = panel.GetProperty("gridPos");
                var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
                return from column in Enumerable.Range(x, place.GetProperty("w").GetInt32())
                       from row in Enumerable.Range(y, place.GetProperty("h").GetInt32())
                       select (column, row);
            }).ToList();
            Assert.Equal(cells.Count, cells.Distinct().Count());
            Assert.All(cells, cell => Assert.InRange(cell.column, 0, 23));
        });
    }

    [Fact]
    public void Datasources_AreOnesThatAreProvisioned()
    {
        var provisioned = Repository.Read("observability/grafana/provisioning/datasources.yaml");

        Assert.All(
            Dashboards.Files.SelectMany(file => Dashboards.Panels(Dashboards.Read(file))),
            panel => Assert.Contains($"uid: {panel.GetProperty("datasource").GetProperty("uid").GetString()}\n", provisioned, StringComparison.Ordinal));
    }
}
